/** The fields of Kubeflow's MPIJob (v2beta1): https://github.com/kubeflow/mpi-operator/blob/master/pkg/apis/kubeflow/v2beta1/types.go */
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';

interface Replicas {
  replicas?: number;
  template: PodTemplateSpec;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
}

export interface MPIJob {
  apiVersion: 'kubeflow.org/v2beta1';
  kind: 'MPIJob';
  metadata: ObjectMeta;
  spec: {
    slotsPerWorker?: number;
    runPolicy?: {
      cleanPodPolicy?: 'All' | 'Running' | 'None';
      ttlSecondsAfterFinished?: number;
      activeDeadlineSeconds?: number;
      backoffLimit?: number;
      suspend?: boolean;
    };
    mpiReplicaSpecs: { Launcher: Replicas; Worker: Replicas };
    sshAuthMountPath?: string;
    mpiImplementation?: 'OpenMPI' | 'Intel' | 'MPICH';
  };
}
