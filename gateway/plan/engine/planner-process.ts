import { lowerPriority } from './planner-priority.ts'
import { servePlanner } from './serve-planner.ts'

// The entry point of the planner's process. It ends with its parent.
lowerPriority()
process.on('disconnect', () => process.exit(0))
process.on('message', servePlanner((message) => void process.send?.(message)))
