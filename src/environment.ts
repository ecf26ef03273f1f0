/** The variables of an environment, such as `process.env` or what `openProject` was given. */
export type Environment = Readonly<Record<string, string | undefined>>;
