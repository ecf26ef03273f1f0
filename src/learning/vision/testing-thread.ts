/**
 * A thread that answers an even number only after the next odd one, and fails on a negative one.
 */
import { answerInThread } from './map-in-threads.ts';

let wake: () => void;

answerInThread<number, string>(async (number) => {
  if (number < 0) throw new Error(`${number} is negative`);
  if (number % 2 === 1) wake();
  else {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return `answer ${number}`;
});
