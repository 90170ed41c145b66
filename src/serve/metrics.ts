/** Figures for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Ran } from './batch-queue.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128];

export interface Metrics {
  /** Text in Prometheus' format, and its media type. */
  readonly text: () => Promise<string>;
  readonly type: string;
  readonly answered: (labels: { route: string; method: string; code: number }, seconds: number) => void;
  readonly ran: (model: string, ran: Ran) => void;
  readonly underWay: (by: 1 | -1) => void;
}

/** @param waiting rows that wait, by model and version */
export function createMetrics(waiting: () => Iterable<{ model: string; version: string; rows: number }>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry }); // memory, CPU, delay of the event loop
  const requests = new Counter({
    name: 'resmirror_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'resmirror_request_seconds',
    help: 'Time from the head of a request to its answer',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const underWay = new Gauge({ name: 'resmirror_requests_under_way', help: 'Requests at work', registers });
  const labelNames = ['model', 'question'];
  const sizes = new Histogram({
    name: 'resmirror_batch_rows',
    help: 'Rows of a batch',
    labelNames,
    buckets: ROWS,
    registers,
  });
  const queued = new Histogram({
    name: 'resmirror_queue_seconds',
    help: 'Time that a row waited',
    labelNames,
    buckets: SECONDS,
    registers,
  });
  const inference = new Histogram({
    name: 'resmirror_inference_seconds',
    help: 'Time of a batch in the engine',
    labelNames,
    buckets: SECONDS,
    registers,
  });
  new Gauge({
    name: 'resmirror_queue_rows',
    help: 'Rows that wait',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { model, version, rows } of waiting()) this.set({ model, version }, rows);
    },
  });
  return {
    text: () => registry.metrics(),
    type: registry.contentType,
    answered(labels, took) {
      requests.inc(labels);
      seconds.observe({ route: labels.route }, took);
    },
    ran(model, { lane: question, rows, waited, took }) {
      sizes.observe({ model, question }, rows);
      inference.observe({ model, question }, took / 1000);
      for (const each of waited) queued.observe({ model, question }, each / 1000);
    },
    underWay: (by) => underWay.inc(by),
  };
}
