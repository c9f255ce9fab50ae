/** Tells the pixels of the screen along one of CSS, now and whenever they change: on another monitor, or by the zoom of the program. */
export function followPixelRatio(listener: (pixelRatio: number) => void): () => void {
  let query: MediaQueryList | null = null;
  const tell = (): void => {
    query?.removeEventListener('change', tell);
    // A query is about one ratio: it changes once, when that is left.
    query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    query.addEventListener('change', tell);
    listener(window.devicePixelRatio);
  };
  tell();
  return () => query?.removeEventListener('change', tell);
}
