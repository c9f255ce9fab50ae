/** The layers of a map as they lie on one another, as the data address of a PNG in pixels of the screen. */
export function pictureOf(element: HTMLElement): string | null {
  const { width, height } = element.getBoundingClientRect();
  const scale = window.devicePixelRatio;
  const picture = document.createElement('canvas');
  picture.width = Math.round(width * scale);
  picture.height = Math.round(height * scale);
  const context = picture.getContext('2d');
  if (context === null || picture.width === 0 || picture.height === 0) {
    return null;
  }
  context.fillStyle = getComputedStyle(element.parentElement ?? element).backgroundColor;
  context.fillRect(0, 0, picture.width, picture.height);
  for (const canvas of element.querySelectorAll('canvas')) {
    if (canvas.width > 0) {
      context.globalAlpha = Number(canvas.style.opacity || canvas.parentElement?.style.opacity || 1);
      context.drawImage(canvas, 0, 0, picture.width, picture.height);
    }
  }
  return picture.toDataURL('image/png');
}
