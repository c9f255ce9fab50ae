/** Whether Space is held outside of text: it makes every tool move the map. */
export class SpaceKey {
  isDown = false;
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === ' ') {
      this.isDown = event.type === 'keydown' && !isTyping(event.target);
    }
  };
  readonly #onBlur = (): void => {
    this.isDown = false;
  };

  constructor() {
    window.addEventListener('keydown', this.#onKey);
    window.addEventListener('keyup', this.#onKey);
    window.addEventListener('blur', this.#onBlur);
  }

  dispose(): void {
    window.removeEventListener('keydown', this.#onKey);
    window.removeEventListener('keyup', this.#onKey);
    window.removeEventListener('blur', this.#onBlur);
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
