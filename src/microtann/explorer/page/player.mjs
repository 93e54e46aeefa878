// What is played: steps of a programme, of a record or of a file, some in every frame.

const FRAME = 1000 / 60;
const BUSY = 12; // milliseconds of a frame that may be spent on increments
const ENOUGH = 4; // increments from which a time of one is told

export class Player {
  /**
   * @param follow makes a step, false if it cannot
   * @param shown called with whether something is played
   */
  constructor(follow, shown) {
    Object.assign(this, { follow, shown, steps: null, owed: 0, perFrame: 1, spent: 0 });
  }

  play(steps) {
    this.steps = steps[Symbol.iterator]();
    this.owed = 0;
    this.shown(true);
  }

  stop() {
    this.steps = null;
    this.shown(false);
  }

  /** Make the steps of a frame that came so many milliseconds behind the last. */
  frame(passed) {
    if (!this.steps) return;
    this.owed += (this.perFrame * passed) / FRAME;
    const begin = performance.now();
    let made = 0;
    while (this.owed >= 1 && performance.now() - begin < BUSY) {
      const { value, done } = this.steps.next();
      if (done || !this.follow(value)) {
        this.stop();
        break;
      }
      this.owed--;
      made++;
    }
    this.owed = Math.min(this.owed, this.perFrame);
    if (made >= ENOUGH) this.spent = (1000 * (performance.now() - begin)) / made;
  }
}
