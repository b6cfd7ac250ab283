export { findUrlFaults } from './artifact-rules.ts'
export { checkPublish, type CheckEnvironment, type CheckRequest } from './check-publish.ts'
export { judge, type CheckReport, type CheckVerdict } from './check-report.ts'
export { formatReportMarkdown, formatReportText } from './format-report.ts'
