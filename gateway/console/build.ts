import { buildConsole, isConsoleBuilt } from './build-console.ts'

// `npm run build:console`, and what the demo starts beside itself: Vite is large and stays out of the gateway's process.
if (!await isConsoleBuilt()) await buildConsole()
