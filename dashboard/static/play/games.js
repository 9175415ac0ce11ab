// The rules of the games, as components/board_games has them; positions are arrays of cells, row by row.

export const LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

/** Tic-tac-toe: 1 is the side that moves first, -1 the other, 0 an empty cell. */
export class TicTacToe {
  constructor() {
    this.rows = 3;
    this.columns = 3;
    this.board = new Int8Array(9);
    this.side = 1;
  }

  /** What the side to move sees: 1 = own, -1 = the other's. */
  observe() {
    return Float32Array.from(this.board, (stone) => stone * this.side);
  }

  legal(cell) {
    return this.board[cell] === 0 && !this.over;
  }

  play(cell) {
    if (!this.legal(cell)) throw new Error(`cell ${cell} is taken, or the game is over`);
    this.board[cell] = this.side;
    this.side = -this.side;
  }

  /** The cells of a line that is won, or null. */
  get line() {
    return LINES.find(([a, b, c]) => this.board[a] !== 0 && this.board[a] === this.board[b]
      && this.board[b] === this.board[c]) ?? null;
  }

  /** 1 or -1: who won; 0: nobody. */
  get winner() {
    return this.line ? this.board[this.line[0]] : 0;
  }

  get over() {
    return this.winner !== 0 || this.board.every((stone) => stone !== 0);
  }
}

const CROSS = [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]];
// Where the plane heads, and first and last row and column of its core, as in plane_strike.py.
const HEADINGS = [
  [[0, 1], [1, 6], [2, 6]],
  [[-1, 0], [1, 5], [1, 5]],
  [[0, -1], [1, 6], [1, 5]],
  [[1, 0], [2, 6], [1, 6]],
];

/** Every way the plane can lie, by heading: lists of lists of 8 cells. */
export function placements() {
  return HEADINGS.map(([[down, right], [top, bottom], [first, last]]) => {
    const tail = [-1, 0, 1].map((side) => [-2 * down + side * right, -2 * right + side * down]);
    const found = [];
    for (let row = top; row <= bottom; row += 1) {
      for (let column = first; column <= last; column += 1) {
        found.push([...CROSS, ...tail].map(([r, c]) => (row + r) * 8 + column + c).sort((a, b) => a - b));
      }
    }
    return found;
  });
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** One board of Plane Strike with a hidden plane: every heading equally likely, then every place. */
export class PlaneStrike {
  constructor(plane = pick(pick(placements()))) {
    this.rows = 8;
    this.columns = 8;
    this.plane = new Set(plane);
    this.tried = new Set();
  }

  /** 1 = hit, -1 = miss, 0 = untried. */
  observe() {
    return Float32Array.from({ length: 64 }, (_, cell) => this.seen(cell));
  }

  seen(cell) {
    if (!this.tried.has(cell)) return 0;
    return this.plane.has(cell) ? 1 : -1;
  }

  legal(cell) {
    return !this.tried.has(cell) && !this.over;
  }

  play(cell) {
    if (!this.legal(cell)) throw new Error(`cell ${cell} was tried, or the game is over`);
    this.tried.add(cell);
  }

  get hits() {
    return [...this.plane].filter((cell) => this.tried.has(cell)).length;
  }

  get over() {
    return this.hits === this.plane.size;
  }
}
