export { assertNever } from './assert-never.ts'
export { ERROR_CODES, isErrorCode, type CodeDefinition, type ErrorCode } from './codes.ts'
export { formatDiagnostic, invalid, ok, type Diagnostic, type Result, type Severity, type SourcePosition } from './diagnostic.ts'
export { GatewayError, type GatewayErrorOptions } from './gateway-error.ts'
