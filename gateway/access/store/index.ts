export { AccessDatabase, type AccessDatabaseOptions } from './access-database.ts'
