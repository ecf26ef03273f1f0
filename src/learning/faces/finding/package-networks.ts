import { beginAnew } from '../../../backend/registration/register.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import type { Detection, Detector } from '../detector.ts';
import { heightOf, type Point, widthOf } from '../geometry.ts';
import { DescriptorNetwork } from '../networks/descriptor-network.ts';
import { FaceWeights } from '../networks/face-weights.ts';
import { LandmarkNetwork } from '../networks/landmark-network.ts';
import { descriptorRegion } from '../networks/regions.ts';
import { SsdMobileNet } from '../networks/ssd-mobilenet.ts';

/** The three networks of `@vladmandic/face-api`, on the backend that runs. */
export class PackageNetworks implements Disposable {
  readonly detector: Detector;
  readonly #landmarks: LandmarkNetwork;
  readonly #descriptors: DescriptorNetwork;

  /** Throws a `StageError` where the package has other weights. */
  constructor() {
    const weights = (['ssd_mobilenetv1', 'face_landmark_68', 'face_recognition'] as const).map(
      (name) => new FaceWeights(name),
    );
    this.detector = new SsdMobileNet(weights[0]!);
    this.#landmarks = new LandmarkNetwork(weights[1]!);
    this.#descriptors = new DescriptorNetwork(weights[2]!);
    // Otherwise the first images would be computed with other rounding than later ones, and a face
    // would depend on what came before it.
    beginAnew(weights.flatMap(({ tensors }) => tensors));
  }

  /** The 68 landmarks of a detected face, in pixels of the image. */
  locate(image: DecodedImage, { box }: Detection): Promise<readonly Point[]> {
    return this.#landmarks.locate(image, box);
  }

  /** The 128 numbers of a face: faces of one person are near to each other. */
  describe(
    image: DecodedImage,
    { box }: Detection,
    landmarks: readonly Point[],
  ): Promise<Float32Array> {
    const size = { width: widthOf(box), height: heightOf(box) };
    return this.#descriptors.describe(image, descriptorRegion(landmarks, size, image));
  }

  [Symbol.dispose](): void {
    this.detector[Symbol.dispose]();
    this.#landmarks[Symbol.dispose]();
    this.#descriptors[Symbol.dispose]();
  }
}
