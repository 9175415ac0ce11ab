// A board of cells on the page: buttons for what can be played, and one of them in the tab order.

const place = (cell, columns) => `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}`;

export class Board {
  /**
   * @param {HTMLElement} element where it is drawn
   * @param {string} title its name for screen readers
   * @param {number} rows
   * @param {number} columns
   * @param {((cell: number) => void) | null} choose called when a cell is chosen; null: only to be looked at
   */
  constructor(element, title, rows, columns, choose) {
    this.columns = columns;
    this.cells = [];
    element.replaceChildren();
    element.className = `board board-${columns}`;
    element.setAttribute('role', 'group');
    element.setAttribute('aria-label', title);
    for (let cell = 0; cell < rows * columns; cell += 1) {
      const button = document.createElement(choose ? 'button' : 'span');
      button.dataset.cell = String(cell);
      button.className = 'cell';
      if (choose) {
        button.type = 'button';
        button.tabIndex = cell === 0 ? 0 : -1;
        button.addEventListener('click', () => choose(cell));
        button.addEventListener('focus', () => this.#only(cell));
      } else {
        button.setAttribute('role', 'img');
      }
      this.cells.push(button);
      element.append(button);
    }
    if (choose) element.addEventListener('keydown', (event) => this.#arrow(event));
  }

  /** Draws one cell: its sign, its class, and what a screen reader says. */
  show(cell, sign, kind, said) {
    const element = this.cells[cell];
    element.textContent = sign;
    element.className = `cell ${kind}`;
    element.setAttribute('aria-label', `${place(cell, this.columns)}: ${said}`);
  }

  /** Says of every cell whether it can be chosen; it stays in reach of the keyboard. */
  open(legal) {
    this.cells.forEach((element, cell) => element.setAttribute('aria-disabled', String(!legal(cell))));
  }

  #only(chosen) {
    this.cells.forEach((element, cell) => { element.tabIndex = cell === chosen ? 0 : -1; });
  }

  #arrow(event) {
    const at = this.cells.indexOf(document.activeElement);
    const column = at % this.columns;
    const to = {
      ArrowLeft: column > 0 ? at - 1 : -1,
      ArrowRight: column < this.columns - 1 ? at + 1 : -1,
      ArrowUp: at - this.columns,
      ArrowDown: at + this.columns,
      Home: at - column,
      End: at - column + this.columns - 1,
    }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    this.cells[to]?.focus();
  }
}

export { place };
