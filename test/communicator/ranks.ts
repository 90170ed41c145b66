/** One rank of the conformance suite; started by a launcher. Says on stdout what it checked, and fails at the first that does not hold. */
import { openCommunicator } from '../../src/communicator/index.js';
import { conformance } from './conformance.js';

const communicator = await openCommunicator();
for (const [name, check] of Object.entries(conformance)) {
  try {
    await check(communicator);
  } catch (error) {
    console.error(`rank ${communicator.rank}: ${name}: ${(error as Error).message}`);
    communicator.abort(3);
  }
  if (communicator.rank === 0) console.log(`ok ${name}`);
}
if (communicator.rank === 0) console.log(`${communicator.size} ranks on ${communicator.library}`);
await communicator.close();
