/** The fields of KServe's InferenceService that examples use: https://kserve.github.io/website/docs/reference/crd-api */
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';

export interface InferenceService {
  apiVersion: 'serving.kserve.io/v1beta1';
  kind: 'InferenceService';
  metadata: ObjectMeta;
  spec: {
    /** A pod's fields, and those of ComponentExtensionSpec. */
    predictor: Partial<PodSpec> & {
      minReplicas?: number;
      maxReplicas?: number;
      containerConcurrency?: number;
      /** Seconds. */
      timeout?: number;
    };
  };
}
