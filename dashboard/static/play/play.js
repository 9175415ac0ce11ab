// The page Play: a person against the exported file.

import { Board, place } from './board.js';
import { PlaneStrike, TicTacToe } from './games.js';
import { loadPlayer } from './player.js';

const table = document.getElementById('play-table');
const status = document.getElementById('play-status');
const speed = document.getElementById('play-speed');
const begins = document.getElementById('play-begins');
const PLANE = 8;

let player = null;
// Grows with every game, so that an answer to a former game is not played in this one.
let number = 0;
const times = [];

function say(text) {
  status.textContent = text;
}

function finish(result, text) {
  table.dataset.result = result;
  say(text);
}

async function answer(board) {
  const started = performance.now();
  const cell = await player.move(board);
  times.push(performance.now() - started);
  const middle = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
  speed.textContent = `The model answers in ${middle.toFixed(1)} ms here (median of ${times.length}).`;
  return cell;
}

function ticTacToe(personFirst) {
  const own = ++number;
  const game = new TicTacToe();
  const person = personFirst ? 1 : -1;
  const board = new Board(document.getElementById('board-theirs'), 'Board', 3, 3, choose);
  document.getElementById('board-yours').replaceChildren();

  function draw() {
    game.board.forEach((stone, cell) => {
      const mine = stone === person;
      const won = game.line?.includes(cell) ? ' won' : '';
      const kind = stone === 0 ? 'empty' : (mine ? 'mine' : 'theirs') + won;
      board.show(cell, { 1: '✕', '-1': '○', 0: '' }[stone], kind, ["the model's", 'empty', 'yours'][stone * person + 1]);
    });
    board.open((cell) => game.legal(cell) && game.side === person);
  }

  function ended() {
    if (!game.over) return false;
    if (game.winner === 0) finish('draw', 'A draw.');
    else if (game.winner === person) finish('won', 'You won.');
    else finish('lost', 'The model won.');
    return true;
  }

  async function reply() {
    const cell = await answer(game.observe());
    if (own !== number) return;
    if (!game.legal(cell)) { finish('broken', `The model chose ${place(cell, 3)}, which is taken.`); return; }
    game.play(cell);
    draw();
    if (!ended()) say(`The model took ${place(cell, 3)}. Your turn.`);
  }

  async function choose(cell) {
    if (own !== number || game.side !== person || !game.legal(cell)) return;
    game.play(cell);
    draw();
    if (!ended()) { say("The model's turn."); await reply(); }
  }

  draw();
  say('Your turn.');
  if (!personFirst) reply().catch(broken);
}

function planeStrike(personFirst) {
  const own = ++number;
  // Each side strikes at the other's plane.
  const [theirs, yours] = [new PlaneStrike(), new PlaneStrike()];
  const target = new Board(document.getElementById('board-theirs'), 'Where you strike', 8, 8, choose);
  const home = new Board(document.getElementById('board-yours'), 'Your plane, where the model strikes', 8, 8, null);
  const over = () => theirs.over || yours.over;
  let waiting = false;

  function draw() {
    for (let cell = 0; cell < 64; cell += 1) {
      const shown = over() && theirs.plane.has(cell);
      const [sign, kind, said] = look(theirs.seen(cell), shown);
      target.show(cell, sign, kind, said);
      home.show(cell, ...look(yours.seen(cell), yours.plane.has(cell)));
    }
    target.open((cell) => theirs.legal(cell) && !over() && !waiting);
  }

  function look(seen, plane) {
    if (seen > 0) return ['✸', 'hit', 'hit'];
    if (seen < 0) return ['·', 'miss', 'missed'];
    return plane ? ['', 'plane', 'part of the plane'] : ['', 'empty', 'untried'];
  }

  function ended() {
    if (!over()) return false;
    if (theirs.over) finish('won', `You won with ${theirs.tried.size} strikes; the model had ${yours.hits} of ${PLANE} hits.`);
    else finish('lost', `The model won with ${yours.tried.size} strikes; you had ${theirs.hits} of ${PLANE} hits.`);
    return true;
  }

  async function reply(before) {
    waiting = true;
    const cell = await answer(yours.observe());
    if (own !== number) return;
    waiting = false;
    if (!yours.legal(cell)) { finish('broken', `The model chose ${place(cell, 8)} twice.`); return; }
    yours.play(cell);
    draw();
    const what = yours.plane.has(cell) ? 'hit' : 'missed';
    if (!ended()) {
      say(`${before}The model ${what} at ${place(cell, 8)}. `
        + `Hits: you ${theirs.hits}, the model ${yours.hits}, of ${PLANE}. Your turn.`);
    }
  }

  async function choose(cell) {
    if (own !== number || waiting || over() || !theirs.legal(cell)) return;
    theirs.play(cell);
    const what = theirs.plane.has(cell) ? 'You hit. ' : 'You missed. ';
    draw();
    if (!ended()) await reply(what);
  }

  draw();
  say('Your turn: strike a cell of the left board.');
  if (!personFirst) reply('').catch(broken);
}

function start() {
  delete table.dataset.result;
  const personFirst = begins.value === 'person';
  if (table.dataset.game === 'tic_tac_toe') ticTacToe(personFirst);
  else planeStrike(personFirst);
}

function broken(error) {
  finish('broken', `The model does not run in this browser: ${error?.message ?? error}`);
}

async function main() {
  const size = table.dataset.game === 'tic_tac_toe' ? 3 : 8;
  player = await loadPlayer(table.dataset.runtime, table.dataset.model, [1, size, size]);
  document.getElementById('play-again').addEventListener('click', start);
  begins.addEventListener('change', start);
  document.getElementById('play-controls').hidden = false;
  start();
  table.dataset.ready = 'true';
}

window.addEventListener('unhandledrejection', (event) => broken(event.reason));
if (table) main().catch(broken);
