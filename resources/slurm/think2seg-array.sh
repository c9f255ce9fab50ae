#!/usr/bin/env bash
# A batch as a Slurm job array: every task of the array does its share of the scenes and writes a manifest of its own.
#
#   sbatch --array=1-8 --mem-per-cpu=2G resources/slurm/think2seg-array.sh /data/scenes -q "every swimming pool" -o /data/results
#
# Memory is left to that line: `--mem` and `--mem-per-cpu` exclude each other, and without either Slurm takes what the site has set.
# All arguments go to `think2seg batch`. THINK2SEG names the program (default: think2seg).
# The same line again goes on where the array stopped: what is done is not done again, so a requeued task costs nothing.
# When the array is through, `think2seg batch` with the same arguments and without Slurm makes the summary and the merged file.
#SBATCH --job-name=think2seg
#SBATCH --cpus-per-task=4
#SBATCH --requeue
#SBATCH --signal=TERM@60
set -euo pipefail

first="${SLURM_ARRAY_TASK_MIN:?started without an array; use sbatch --array=1-N}"
step="${SLURM_ARRAY_TASK_STEP:-1}"
count="$(((SLURM_ARRAY_TASK_MAX - first) / step + 1))"
index="$(((SLURM_ARRAY_TASK_ID - first) / step + 1))"

read -r -a program <<<"${THINK2SEG:-think2seg}"
# In MB, as Slurm gives it; nothing, or 0, where the task may take all of the node.
memory="${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * ${SLURM_CPUS_PER_TASK:-1}))}"
limits=(--threads "${SLURM_CPUS_PER_TASK:-1}")
if [[ "$memory" -gt 0 ]]; then
  limits+=(--memory "${memory}M")
fi
# exec: the signal that Slurm sends before the time is up reaches the program, which then stops cleanly.
exec srun --ntasks=1 "${program[@]}" batch --shard "$index/$count" "${limits[@]}" --quiet "$@"
