// The live page: starts the watching and draws the frame.

import { render } from 'preact';
import { Frame } from './frame.tsx';
import { watchOverview } from './live/overview.ts';

watchOverview();
render(<Frame />, document.getElementById('page')!);
