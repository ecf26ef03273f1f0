/** How fast images are trained on and evaluated, and what is left to do, by a clock that is handed in. */
export class Pace {
  readonly #now: () => number;
  readonly #total: Readonly<Record<Work, number>>;
  readonly #images = { training: 0, evaluation: 0 };
  readonly #seconds = { training: 0, evaluation: 0 };
  readonly #before: Readonly<Record<Work, number>>;
  #waited = 0;
  #last: number;

  /** `total` is the number of images of the whole stage, `before` of those that an earlier attempt did; `now` gives seconds. */
  constructor(
    total: Readonly<Record<Work, number>>,
    now: () => number,
    before: Readonly<Record<Work, number>> = { training: 0, evaluation: 0 },
  ) {
    this.#total = total;
    this.#before = before;
    this.#now = now;
    this.#last = now();
  }

  /** Images done and to do, of both sorts. */
  get done(): number {
    const { training, evaluation } = this.#before;
    return training + evaluation + this.#images.training + this.#images.evaluation;
  }
  get total(): number {
    return this.#total.training + this.#total.evaluation;
  }

  /** Images per second of training, evaluation left out. */
  get trainingRate(): number {
    return this.#images.training / this.#seconds.training;
  }

  /** Share of training time, 0 to 1, that was spent waiting for images. */
  get waiting(): number {
    return this.#waited / this.#seconds.training;
  }

  /** Seconds left. Until evaluation is known, it is taken to be three times as fast as training. */
  get secondsLeft(): number {
    const evaluationRate =
      this.#images.evaluation > 0 ? this.#images.evaluation / this.#seconds.evaluation : 3 * this.trainingRate;
    const left = (work: Work) => this.#total[work] - this.#before[work] - this.#images[work];
    return left('training') / this.trainingRate + left('evaluation') / evaluationRate;
  }

  /** Counts images whose work ended now and began where the last ended. */
  count(work: Work, images: number): void {
    const now = this.#now();
    this.#images[work] += images;
    this.#seconds[work] += now - this.#last;
    this.#last = now;
  }

  /** The same batches, the time until each comes counted as waiting. */
  async *waitFor<T>(batches: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    let since = this.#now();
    for await (const batch of batches) {
      this.#waited += this.#now() - since;
      yield batch;
      since = this.#now();
    }
  }
}

type Work = 'training' | 'evaluation';
