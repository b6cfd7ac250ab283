export { buildConsole, CONSOLE_DIST, isConsoleBuilt } from './build-console.ts'
export { ensureConsole } from './ensure-console.ts'
