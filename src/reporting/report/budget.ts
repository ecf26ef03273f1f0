/**
 * How many bytes a page may still take in. Charts, pictures, tables and logs draw on budgets of their own, so that many images
 * do not cost the charts.
 */
export class Budget {
  #left: number;
  #isExceeded = false;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Whether something found no room. */
  get isExceeded(): boolean {
    return this.#isExceeded;
  }

  /** Whether there was room for so much, which is now taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) {
      this.#isExceeded = true;
      return false;
    }
    this.#left -= bytes;
    return true;
  }
}

export interface Budgets {
  readonly charts: Budget;
  readonly images: Budget;
  readonly tables: Budget;
  readonly logs: Budget;
}

const mebibyte = 1024 ** 2;

/** Of one page: it stays small enough to be sent by mail. */
export function pageBudgets(): Budgets {
  return {
    charts: new Budget(16 * mebibyte),
    images: new Budget(6 * mebibyte),
    tables: new Budget(2 * mebibyte),
    logs: new Budget(2 * mebibyte),
  };
}

export const isExceeded = (budgets: Budgets): boolean =>
  Object.values(budgets).some((budget: Budget) => budget.isExceeded);
