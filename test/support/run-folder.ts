// Where the services of one test run live. All projects that need services start them there: whoever comes second finds
// them running, which saves slow starts.
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const RUN_FOLDER = join(tmpdir(), `taskfold-test-${process.pid}`);
export const SECURITY_FOLDER = join(RUN_FOLDER, 'security');
