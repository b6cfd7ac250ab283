export { buildConsole, CONSOLE_DIST, isConsoleBuilt } from './build-console.ts'
