import { join } from 'node:path';
import { writeAtomically } from '../../weights/atomic.js';
import { renderReport } from './page.js';
import type { Report } from './types.js';

export { renderReport } from './page.js';
export type * from './types.js';

/** Writes `report.html` into a run's folder, whole or not at all; returns its path. */
export async function writeReport(runFolder: string, report: Report): Promise<string> {
  const path = join(runFolder, 'report.html');
  await writeAtomically(path, await renderReport(report));
  return path;
}
