import { Think2SegError } from '../contract/errors.ts';

export const overview = `think2seg: ask a georeferenced image a question, get polygons

  think2seg segment RASTER --query TEXT -o OUT   ask, segment, write polygons
  think2seg batch INPUT... --query TEXT -o DIR   many rasters, many questions, resumable
  think2seg serve                                questions as JSON lines, models stay loaded
  think2seg evaluate --dataset NAME ...          how good a pack is on a data set
  think2seg info RASTER [--stats]                what a raster is, as JSON
  think2seg pack list|inspect|verify|import      model packs
  think2seg doctor                               what works on this machine
  think2seg demo                                 three questions on the sample scene
  think2seg COMMAND --help                       options of a command
  think2seg --version

Exit status: 0 done (also "no target"), 1 a defect of the program, 2 usage, 3 input, 4 pack, 5 inference, 6 output,
7 batch with failures, 130 cancelled.
Nothing is ever sent anywhere. THINK2SEG_DEBUG=1 prints the details behind an error.
`;

const segmentHelp = `think2seg segment RASTER --query TEXT [-o OUT ...]

  -q, --query TEXT       the question, in words
  -o, --output OUT       .geojson or .json (WGS 84), .gpkg, .shp, .fgb (CRS of the scene); may be given several times
      --mask OUT.tif     instance numbers as a GeoTIFF
      --overlay OUT.png  a picture of the result
      --overwrite        replace existing outputs
      --json             one JSON object on stdout
      --progress NAME    text (default), or json: one JSON object a line on stderr, for programs
      --quiet            no progress on stderr

 Where to look
      --window x,y,w,h   in pixels of the scene
      --bbox minx,miny,maxx,maxy   in the CRS of the scene
      --bands 4,3,2      bands shown as red, green, blue (one band: grey)
      --scale NAME       whole (default): one picture; tiles: every part at one resolution, objects across seams joined;
                         auto (default with --gsd or --overlap): as the question needs
      --gsd M            metres on the ground to a pixel of a tile (default: the scene's own pixels)
      --overlap PX       how far tiles reach into each other, in those pixels (default: a quarter of a tile)

 How
      --pack DIR|ID      another model pack than the embedded one
      --provider NAME    auto, cuda, dml, webgpu or cpu (default auto)
      --threads N        threads of the models
      --memory SIZE      what the program may take, such as 1500M or 4G (default: what the machine and its cgroup allow)
      --share-gpu        use a graphics card that another engine uses, instead of refusing to
      --mode MODE        native: outline at the raster's own resolution (default); reference: as the paper does
      --simplify PX      tolerance in pixels of the mask, 0 keeps every pixel edge (default 1)
      --min-area M2      drop smaller polygons
      --connectivity N   4 (default) or 8: whether pixels that touch at a corner belong together
      --prompts FILE     skip the language model: JSON list of prompts in pixels of the window
      --answer FILE      use a saved answer of the language model instead of asking it
`;

const batchHelp = `think2seg batch INPUT... --query TEXT -o DIR

  INPUT is a raster, a folder (searched with its subfolders) or a pattern in quotes ("2024/**/*.tif").

  -q, --query TEXT       the question; may be given several times
      --queries FILE     questions, one a line
      --list FILE        inputs, one a line, relative to the file
      --table FILE.csv   columns raster, question and, where wanted, window (x,y,width,height) or bbox
  -o, --output DIR       manifest.jsonl, scenes/, thumbnails/, summary.html
      --format NAME      gpkg (default), geojson or json (GeoJSON), shp, fgb; may be given several times
      --merge            also merged.gpkg: a layer for each question, the scene in the field scene
      --workers N        engines that work at once (default 1)
      --timeout S        longest time for one question about one raster
      --retry-failed     try again what failed before
      --fail-fast        stop at the first failure
      --engine NAME      local (default) or ray, with
      --address ADDR     the Ray cluster: auto, host:port
      --python PATH      Python with Ray (default python3); docs/cluster.md
      --serve-command "CMD"   starts think2seg on a node (default: this one)
      --task-cpus N, --task-gpus N   what a question takes of a node (default 1 and 0)
      --shard I/N        only the I-th of N parts, for job arrays; every part writes its own manifest
      --json             one JSON object on stdout
      --progress NAME    text (default), or json: one JSON object a line on stderr, for programs
      --quiet            no progress on stderr

  and --pack --provider --threads --memory --share-gpu --bands --scale --gsd --overlap --mode --simplify --min-area
  --connectivity as in think2seg segment. Workers share --memory and, without --threads, the cores; a graphics card
  only with --share-gpu. With Ray each task has that much memory, and --task-gpus says what it has of a card.

  The same command again goes on where the last one stopped. Ctrl-C once finishes the scenes that run, twice stops at once.
`;

const serveHelp = `think2seg serve [--pack DIR|ID] [--provider NAME] [--threads N] [--memory SIZE] [--share-gpu]

  Reads requests from stdin and writes replies to stdout, one JSON object a line. First comes {"kind":"ready",...}.

  {"kind":"segment","id":1,"input":{"rasterPath":"a.tif","question":"every pool","outputPaths":["a.gpkg"]}}
       replies progress, then done with a result as of segment --json, or failed with a code and a message
       further keys of input: target, bands, promptSource, mode, scale, simplifyPx, minAreaM2, connectivity, maskPath,
       overlayPath, overlaySidePx, rasterDigest, overwrite
  {"kind":"ping","id":2}     replies pong
  {"kind":"cancel","id":1}   request 1 fails with CANCELLED
  {"kind":"shutdown"}        finishes what was asked before and ends, as the end of stdin does
`;

const evaluateHelp = `think2seg evaluate --dataset NAME --root DIR --split SPLIT [-o FOLDER]

      --dataset NAME     earthreason, rrsisd, refsegrs or risbench, in its published folder layout
      --root DIR         folder of the data set
      --split SPLIT      train, val or test
  -o, --output FOLDER    rows.jsonl, report.json and report.html (default out/evaluate/DATASET-SPLIT)
      --mode MODE        reference: masks are compared in the model frame, as published (default); native: on the image's own pixels
      --limit N          so many samples, spread evenly over the split
      --seed N           chooses one question where a sample has several (default 0)
      --study NAME       prompts, granularity, or segmenter with --segmenter-pack: variants on the same answers
      --segmenter-pack DIR|ID   a pack whose segmenter is compared; may be given several times
      --pictures N       so many of the worst and of the best cases in the report (default 12, at most 200)
      --restart          throw away rows of an earlier run; without it an interrupted run goes on where it stopped
      --pack DIR|ID, --provider NAME, --threads N, --memory SIZE, --share-gpu   as for segment
      --json             the report as one JSON object on stdout
      --quiet            no progress on stderr
`;

const infoHelp = `think2seg info RASTER [--stats]

  Prints size, bands, type, CRS, transform, nodata, overviews and compression as JSON, with or without --json.
  Numbers that JSON has not are the words nan, inf and -inf.
      --stats            exact minimum, maximum and mean of each band over its valid samples
`;

const packHelp = `think2seg pack list [--json]
think2seg pack inspect DIR|ID [--json]     what a pack is, with its licence
think2seg pack verify DIR|ID [--json]      every file against its SHA-256, and whether the settings fit the models
think2seg pack import DIR [--overwrite]    copy a pack into the user's pack folder, verified the same way

 A folder without pack.json (lvlm/ and segmenter/ in the layout of public ONNX conversions) also needs
      --id ID --template FILE --licence NAME --licence-file FILE [--title TEXT] [--frame 840]
`;

const doctorHelp = `think2seg doctor [--pack DIR|ID] [--json]

  Tries every execution provider by running a small model on it, compares with the CPU, and checks memory and pack.
`;

const demoHelp = `think2seg demo [--out FOLDER]

  Asks the sample scene three questions with the embedded pack and writes the answers to out/demo.
`;

const topics: Record<string, string> = {
  segment: segmentHelp,
  batch: batchHelp,
  serve: serveHelp,
  evaluate: evaluateHelp,
  info: infoHelp,
  pack: packHelp,
  doctor: doctorHelp,
  demo: demoHelp,
};

export function helpOf(topic: string): string {
  const text = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
  if (text === undefined) {
    throw new Think2SegError(
      'USAGE',
      `no help on ${JSON.stringify(topic)}, expected ${Object.keys(topics).join(', ')}`,
    );
  }
  return text;
}
