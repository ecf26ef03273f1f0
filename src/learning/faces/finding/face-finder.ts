import type { DecodedImage } from '../../vision/decode-image.ts';
import type { Detection, Detector } from '../detector.ts';
import { type Box, heightOf, type Point, widthOf } from '../geometry.ts';
import { OnnxDetector } from '../onnx/onnx-detector.ts';
import { OnnxLandmarks } from '../onnx/onnx-landmarks.ts';
import type { PixelForm } from '../onnx/onnx-session.ts';
import { PackageNetworks } from './package-networks.ts';

/** A face of an image, in pixels of the image. */
export interface Face {
  readonly box: Box;
  /** The detector's score, 0 to 1. */
  readonly score: number;
  /** 68 in the order of 300-W, or five. */
  readonly landmarks: readonly Point[];
  /** Personal data: it must not leave the stage. Absent where nobody asked for it. */
  readonly descriptor?: Float32Array;
}

/** Why a detection is no face that counts. */
export type Refusal = 'score' | 'size';

/** The faces of an image, and the detections that do not count. */
export interface FacesOfImage {
  /** Best score first. */
  readonly faces: readonly Face[];
  readonly refused: readonly (Detection & { readonly reason: Refusal })[];
}

/** What counts as a face, and what is computed of it. */
export interface FaceQuestion {
  /** 0 to 1. */
  readonly minScore: number;
  /** The shorter side of a box, in pixels. */
  readonly minSize: number;
  /** 68, or the detector's own five. */
  readonly landmarks: 68 | 5;
  readonly describe: boolean;
}

/** The networks that replace those of `@vladmandic/face-api`. */
export interface FaceNetworks {
  readonly threads: number;
  /** The path of an ONNX file. */
  readonly detector?: Partial<PixelForm> & { readonly path: string; readonly side: number };
  readonly landmarks?: PixelForm & {
    readonly path: string;
    readonly side: number;
    readonly margin: number;
  };
}

/** Detections below this score are noise, and not worth a word. */
const leastScore = 0.1;

/** Finds the faces of images, their landmarks and their descriptors. */
export class FaceFinder implements Disposable {
  readonly #networks: PackageNetworks;
  readonly #detector: Detector;
  readonly #landmarks: OnnxLandmarks | undefined;

  private constructor(
    networks: PackageNetworks,
    detector: Detector,
    landmarks: OnnxLandmarks | undefined,
  ) {
    this.#networks = networks;
    this.#detector = detector;
    this.#landmarks = landmarks;
  }

  /** The backend has started. Throws a `StageError` for a file that does not fit. */
  static async open({ threads, detector, landmarks }: FaceNetworks): Promise<FaceFinder> {
    const networks = new PackageNetworks();
    const detectorOfFile = detector && (await OnnxDetector.open(detector.path, threads, detector));
    const landmarksOfFile =
      landmarks && (await OnnxLandmarks.open(landmarks.path, threads, landmarks));
    return new FaceFinder(networks, detectorOfFile ?? networks.detector, landmarksOfFile);
  }

  /** Throws a `StageError` where a network of an ONNX file has other outputs. */
  async find(image: DecodedImage, question: FaceQuestion): Promise<FacesOfImage> {
    const { minScore, minSize } = question;
    const detections = await this.#detector.detect(image, Math.min(leastScore, minScore));
    const faces: Face[] = [];
    const refused: (Detection & { readonly reason: Refusal })[] = [];
    for (const detection of detections) {
      const { box, score } = detection;
      if (score < minScore) refused.push({ ...detection, reason: 'score' });
      else if (Math.min(widthOf(box), heightOf(box)) < minSize)
        refused.push({ ...detection, reason: 'size' });
      else faces.push(await this.#examine(image, detection, question));
    }
    return { faces, refused };
  }

  async #examine(
    image: DecodedImage,
    detection: Detection,
    { landmarks: count, describe }: FaceQuestion,
  ): Promise<Face> {
    const { box, score, points } = detection;
    const landmarks = count === 5 && points ? points : await this.#locate(image, detection);
    if (!describe) return { box, score, landmarks };
    const descriptor = await this.#networks.describe(image, detection, landmarks);
    return { box, score, landmarks, descriptor };
  }

  #locate(image: DecodedImage, detection: Detection): Promise<readonly Point[]> {
    return this.#landmarks === undefined
      ? this.#networks.locate(image, detection)
      : this.#landmarks.locate(image, detection.box);
  }

  [Symbol.dispose](): void {
    this.#networks[Symbol.dispose]();
    this.#detector[Symbol.dispose]();
    this.#landmarks?.[Symbol.dispose]();
  }
}
