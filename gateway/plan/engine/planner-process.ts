import { servePlanner } from './serve-planner.ts'

// The entry point of the planner's process. It ends with its parent.
process.on('disconnect', () => process.exit(0))
process.on('message', servePlanner((message) => void process.send?.(message)))
