/** A thread that answers every even number after the odd one that follows, and no negative number. */
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
