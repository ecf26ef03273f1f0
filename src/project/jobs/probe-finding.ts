/** Something that a probe of a place found out. */
export interface ProbeFinding {
  /** `differs`: it works, but not as somebody may expect. */
  readonly state: 'fine' | 'differs' | 'waits' | 'fails';
  readonly text: string;
}

/** Tells one finding after the other, and at the end whether stages can run there. */
export type Findings = AsyncGenerator<ProbeFinding, boolean, void>;

export const finding = (state: ProbeFinding['state'], text: string): ProbeFinding => ({
  state,
  text,
});

/** A larger difference between clocks, in milliseconds, misleads programs such as make. */
export const drift = 2_000;
