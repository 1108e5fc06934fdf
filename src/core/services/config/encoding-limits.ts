/** The limits of the packed encodings, read from the configuration: for OBJECT ENCODING, DUMP and RDB. */
import { type EncodingLimits } from '../../store/types/encoding.js';
import { type Config } from './config.js';

/** The directives `*-max-listpack-*`, `set-max-intset-entries` and `stream-node-max-*` as they are now. */
export function encodingLimits({ values }: Config): EncodingLimits {
  return {
    hashMaxListpackEntries: values.hashMaxListpackEntries,
    hashMaxListpackValue: values.hashMaxListpackValue,
    listMaxListpackSize: values.listMaxListpackSize,
    setMaxIntsetEntries: values.setMaxIntsetEntries,
    setMaxListpackEntries: values.setMaxListpackEntries,
    setMaxListpackValue: values.setMaxListpackValue,
    zsetMaxListpackEntries: values.zsetMaxListpackEntries,
    zsetMaxListpackValue: values.zsetMaxListpackValue,
    streamNodeMaxBytes: values.streamNodeMaxBytes,
    streamNodeMaxEntries: values.streamNodeMaxEntries,
  };
}
