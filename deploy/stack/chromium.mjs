// The browser of the page's tests: Debian's chromium, or the one that the machine has. Where it is missing it is installed
// like the stack's other programs, announced, and never where that is forbidden.
import { canInstall, install } from './debian.mjs';
import { onPath, StackError } from './run.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  return named || NAMES.map(onPath).find((path) => path !== undefined);
}

/** Returns the path of its executable. */
export async function provideChromium({ install: mayInstall = true, onProgress }) {
  const found = findChromium();
  if (found !== undefined) return found;
  if (!mayInstall || !canInstall()) {
    throw new StackError(
      'Chromium is missing on this machine: install it (Debian, Ubuntu: apt-get install chromium; macOS: brew install ' +
        'chromium), or name one in CHROMIUM_PATH, and try again',
    );
  }
  await install([['chromium', 'chromium-browser']], onProgress);
  const installed = findChromium();
  if (installed === undefined) throw new StackError('chromium was installed and is not found on the PATH');
  return installed;
}
