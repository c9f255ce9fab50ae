/** Sets an entry as the newest one of a map, and lets go of the oldest until at most `count` are left. */
export function keepNewest<Key, Value>(entries: Map<Key, Value>, key: Key, value: Value, count: number): void {
  // The newest stands last.
  entries.delete(key);
  entries.set(key, value);
  for (const oldest of [...entries.keys()].slice(0, Math.max(0, entries.size - count))) {
    entries.delete(oldest);
  }
}
