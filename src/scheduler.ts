import type { z } from 'zod';
import type { Environment } from './environment.ts';
import { UserError } from './user-error.ts';

/**
 * One form of scheduler: all that Restage knows about Slurm, or about the commands of a template.
 * `schedulers.ts` has the table of our forms; a project may bring further ones.
 */
export interface SchedulerForm<Keys extends z.ZodRawShape = z.ZodRawShape>
  extends FormOfPlaces<PlaceKeys<Keys>> {
  /** What `engine` means by it, as the end of a sentence. */
  readonly title: string;
  /** The keys of a place that belong to this form alone. Optional ones, or with a default. */
  readonly keys: Keys;
  /** The key that a place of this form lacks, and what it would hold, for the message. */
  readonly missing?: (
    place: z.infer<z.ZodObject<Keys>>,
  ) => { readonly key: string; readonly holds: string } | undefined;
  /** The program whose version `restage doctor` shows. */
  readonly program?: SchedulerProgram;
  /** What a job knows about itself; undefined in a process that is no job of this scheduler. */
  readonly identify: (env: Environment) => JobIdentity | undefined;
}

/** What a form makes of a place. */
export interface FormOfPlaces<Place> {
  /** Shell lines at the start of every job. */
  readonly lines?: readonly string[];
  /** Whether a job may have several nodes. Absent: never. */
  spansNodes?(place: Place): boolean;
  /** Runs the scheduler's commands in the environment. */
  open(place: Place, env: Environment): Scheduler;
  /**
   * Jobs of two places can wait for each other where this text is the same. Empty: they are where
   * commands reach a scheduler without being told which. On a node of another one, they reach that.
   */
  queue(place: Place): string;
}

/** Declares a scheduler of one's own, so that TypeScript knows the keys of its places. */
export const defineScheduler = <Keys extends z.ZodRawShape>(
  form: SchedulerForm<Keys>,
): SchedulerForm<Keys> => form;

/** A command that comes with a scheduler, and the words with which it prints its version. */
export interface SchedulerProgram {
  readonly name: string;
  readonly command: string;
  readonly asks: readonly string[];
}

/** A place as the form sees it: its name, for messages, and the form's own keys. */
export type PlaceKeys<Keys extends z.ZodRawShape> = { readonly name: string } & z.infer<
  z.ZodObject<Keys>
>;

/** A worker's job, by the scheduler's environment. */
export interface JobIdentity {
  /** The scheduler's id: `17_3` for a task of the array 17. */
  readonly job: string;
  /** How often the scheduler has restarted this job. */
  readonly restart: number;
  /**
   * Whether the scheduler gives notice before the time is over, which it may prolong. Otherwise the
   * job's own clock counts.
   */
  readonly notified: boolean;
}

/** What a job may use on each of its nodes. Tickets of one class share jobs. Memory in bytes. */
export interface JobClass {
  readonly cpu: number;
  readonly gpu: number;
  readonly memory: number;
  /** How many nodes; absent for one. The worker and its stage run on the first. */
  readonly nodes?: number;
  /** The processes that a launcher such as `srun` starts on each node; absent for one. */
  readonly tasks?: number;
}

/** A job to submit: `workers` processes that run the same script. */
export interface JobRequest {
  /** Letters, digits and `-`. The scheduler's list shows it, and jobs are found by it. */
  readonly name: string;
  /** Absolute path of a shell script. */
  readonly script: string;
  readonly root: string;
  /** The file for what the jobs print outside their stages. */
  readonly log: string;
  readonly needs: JobClass;
  readonly seconds: number;
  readonly workers: number;
  /**
   * Jobs of one queue that must end first, however they end. A scheduler that can wait only for
   * some of them waits for these, the first among them: whoever submits looks again after them.
   */
  readonly after?: readonly string[];
  /** Whether it submits jobs itself, as a step of a detached run does. */
  readonly submits?: boolean;
}

/** The state of a job in the scheduler's words, such as PENDING and Priority. */
export interface JobState {
  readonly state: string;
  readonly reason?: string;
}

/**
 * A job as the scheduler lists it, for people. `id` names one worker: `17_3` is a task of the array
 * 17.
 */
export interface ListedJob extends JobState {
  readonly name: string;
  readonly id: string;
  readonly startsAt?: string;
}

/**
 * What Restage asks of a scheduler. The id of a job is a text of the scheduler: `17`, or `17;alpha`
 * on the cluster alpha. An id may be mistaken, so a job also has its name: nothing is done to a job
 * of another name, where that can be known.
 */
export interface Scheduler {
  /** Whether one submission can have several workers. */
  readonly hasArrays: boolean;
  /** Submits a job, and returns its id. Throws a {@link SubmitError}. */
  submit(request: JobRequest): Promise<string>;
  /**
   * Whether, and when, a job would start if it was submitted, with the scheduler's words. Absent
   * for a scheduler that cannot tell.
   */
  wouldTake?(request: JobRequest): Promise<{ readonly ok: boolean; readonly words: string }>;
  /** What of a job is allowed, but probably a slip: clauses for the check of its place. */
  slipsIn?(request: JobRequest): Promise<readonly string[]>;
  /** The command that submits a job, as a shell takes it. Absent for a scheduler without one. */
  describe?(request: JobRequest): string;
  /** The listed jobs with these names, by one command. An empty list proves nothing. */
  list(names: readonly string[]): Promise<readonly ListedJob[]>;
  /**
   * The states of a job's workers; empty if the scheduler knows no such job, undefined if it does
   * not answer.
   */
  inspect(id: string, name: string): Promise<ReadonlyMap<string, JobState> | undefined>;
  /** What a state means. */
  phaseOf(job: JobState): JobPhase;
  cancel(id: string, name: string): Promise<void>;
}

/** What the state of a job means, whatever the scheduler calls it. */
export type JobPhase = LivePhase | FinalPhase;

type LivePhase =
  /** It waits for a node. */
  | 'queued'
  | 'running'
  /** It begins, ends or is suspended, or the scheduler does not tell whether it waits or runs. */
  | 'alive'
  /** The scheduler lists no job at all, which may be a fault of the list. */
  | 'unlisted';

type FinalPhase =
  | 'completed'
  /** Its script failed. */
  | 'failed'
  | 'cancelled'
  | 'out of time'
  | 'out of memory'
  /** Its node failed, another job took its place, or somebody killed it. */
  | 'died';

const finalPhases: ReadonlySet<JobPhase> = new Set<FinalPhase>([
  'completed',
  'failed',
  'cancelled',
  'out of time',
  'out of memory',
  'died',
]);

/** Whether a job is over, and stays so. */
export const isFinal = (phase: JobPhase): boolean => finalPhases.has(phase);

/** The job of a worker: `17` of `17_3`, `17;alpha` of `17_3;alpha`. */
export const jobOf = (worker: string): string => worker.replace(/_[^;]*/, '');

/** `PENDING (Priority)` */
export const describeState = ({ state, reason }: JobState): string =>
  reason === undefined ? state : `${state} (${reason})`;

/**
 * Why a job was not submitted. `limit`: too many jobs for now; `contact`: it may have been accepted
 * all the same; `refused`: the same would be refused again; `unknown`: the scheduler's words do not
 * tell.
 */
export class SubmitError extends UserError {
  readonly why: 'limit' | 'contact' | 'refused' | 'unknown';

  constructor(why: SubmitError['why'], message: string) {
    super(message);
    this.why = why;
  }
}
