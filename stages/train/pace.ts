type Work = 'training' | 'evaluation';

/** The speed of training and evaluation in images, and the time left. */
export class Pace {
  readonly #now: () => number;
  readonly #total: Readonly<Record<Work, number>>;
  readonly #before: Readonly<Record<Work, number>>;
  readonly #images = { training: 0, evaluation: 0 };
  readonly #seconds = { training: 0, evaluation: 0 };
  /** The first images of this attempt, whose time includes preparations. */
  #first: { readonly images: number; readonly seconds: number } | undefined;
  #waited = 0;
  #last: number;

  /**
   * `total` is the number of images of the whole stage, `before` of those that an earlier attempt
   * did; `now` gives seconds.
   */
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

  /** Images done, of both sorts. */
  get done(): number {
    const { training, evaluation } = this.#before;
    return training + evaluation + this.#images.training + this.#images.evaluation;
  }

  /** Images of the whole stage, of both sorts. */
  get total(): number {
    return this.#total.training + this.#total.evaluation;
  }

  /** Images per second of training, without evaluation. */
  get trainingRate(): number {
    return this.#images.training / this.#seconds.training;
  }

  /** Share of training time, 0 to 1, that was spent waiting for images. */
  get waiting(): number {
    return this.#waited / this.#seconds.training;
  }

  /**
   * Undefined before ten seconds. Until evaluation has been measured, it is assumed to be three
   * times as fast as training.
   */
  get secondsLeft(): number | undefined {
    const seconds = this.#seconds.training - (this.#first?.seconds ?? 0);
    if (seconds < 10) return undefined;
    const trainingRate = (this.#images.training - this.#first!.images) / seconds;
    const evaluationRate =
      this.#images.evaluation > 0
        ? this.#images.evaluation / this.#seconds.evaluation
        : 3 * trainingRate;
    const remaining = (work: Work) => this.#total[work] - this.#before[work] - this.#images[work];
    return remaining('training') / trainingRate + remaining('evaluation') / evaluationRate;
  }

  /** Counts images whose work began when the last ones were counted, and ends now. */
  count(work: Work, images: number): void {
    const now = this.#now();
    this.#images[work] += images;
    this.#seconds[work] += now - this.#last;
    this.#first ??= { images, seconds: now - this.#last };
    this.#last = now;
  }

  /** The same batches; the time until each comes counts as waiting. */
  async *waitFor<T>(batches: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    let since = this.#now();
    for await (const batch of batches) {
      this.#waited += this.#now() - since;
      yield batch;
      since = this.#now();
    }
  }
}
