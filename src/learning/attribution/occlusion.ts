import { rowOf } from '../models/row-of.ts';
import { type AttributionMap, resizeMap } from './attribution-map.ts';
import { scoreOf } from './questions/explained-score.ts';
import { type Question, questionOf } from './questions/question.ts';

/** Squares along each side; each covers two steps, so that four of them cover an inner position. */
const squares = 14;

/** The logits of images, `[batch, classes]`. It need not be a network of tfjs. */
export type ScoreImages = (images: Float32Array) => Promise<Float32Array>;

/**
 * Occlusion (Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks",
 * section 4.2): how far the explained score falls, at least 0, when a square of the mean colour as
 * the network sees it, zero, hides a position; the mean over the squares that hide it. It needs no
 * gradient. One map for each image, of its size.
 */
export async function occlusionMaps(
  score: ScoreImages,
  question: Question,
  batchSize: number,
): Promise<readonly AttributionMap[]> {
  const logits = await score(question.images);
  const maps: AttributionMap[] = [];
  for (const [i] of question.classes.entries()) {
    const imageQuestion = questionOf(question, i);
    const scores = await hiddenScores(score, imageQuestion, batchSize);
    const seen = scoreOf(
      rowOf(logits, i, question.classes.length),
      imageQuestion.classes[0]!,
      imageQuestion.score,
    );
    const side = squares + 1;
    const values = Float32Array.from({ length: side * side }, (_, position) => {
      const falls = coveringSquares(position, side).map((square) => seen - scores[square]!);
      return Math.max(0, falls.reduce((sum, fall) => sum + fall, 0) / falls.length);
    });
    const size = Math.sqrt(imageQuestion.images.length / 3);
    maps.push(resizeMap({ height: side, width: side, values }, { height: size, width: size }));
  }
  return maps;
}

/** The explained score of one image under each square, row by row. */
async function hiddenScores(
  score: ScoreImages,
  question: Question,
  batchSize: number,
): Promise<readonly number[]> {
  const { images } = question;
  const size = Math.sqrt(images.length / 3);
  const edge = (step: number) => Math.round((step * size) / (squares + 1));
  const scores: number[] = [];
  for (let first = 0; first < squares * squares; first += batchSize) {
    const count = Math.min(batchSize, squares * squares - first);
    const batch = new Float32Array(count * images.length);
    for (let i = 0; i < count; i++) {
      const row = Math.floor((first + i) / squares);
      const column = (first + i) % squares;
      const hidden = batch.subarray(i * images.length, (i + 1) * images.length);
      hidden.set(images);
      for (let y = edge(row); y < edge(row + 2); y++) {
        hidden.fill(0, 3 * (y * size + edge(column)), 3 * (y * size + edge(column + 2)));
      }
    }
    const logits = await score(batch);
    for (let i = 0; i < count; i++)
      scores.push(scoreOf(rowOf(logits, i, count), question.classes[0]!, question.score));
  }
  return scores;
}

/** The squares that hide a position of `side` x `side`. */
function coveringSquares(position: number, side: number): readonly number[] {
  const row = Math.floor(position / side);
  const column = position % side;
  const near = (step: number) =>
    [step - 1, step].filter((square) => square >= 0 && square < squares);
  return near(row).flatMap((y) => near(column).map((x) => y * squares + x));
}
