export { explainCoordinate, explainOperation, type AccessExplanation } from './explain-access.ts'
