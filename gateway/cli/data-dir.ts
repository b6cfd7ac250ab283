/** Where the demo keeps what it makes, relative to the current directory. */
export const DEFAULT_DATA_DIR = '.polyseme'
