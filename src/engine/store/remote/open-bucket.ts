import { unreachable } from '../../../result.ts';
import type { StoreSpec } from '../../config/loading/store-file.ts';
import type { Bucket } from './bucket.ts';
import { FolderBucket } from './folder-bucket.ts';

/**
 * The bucket of a store, by the form of its address. The code of a form is loaded when it is used.
 */
export async function openBucket({ address, endpoint, region }: StoreSpec): Promise<Bucket> {
  switch (address.type) {
    case 'folder':
      return new FolderBucket(address.path);
    case 's3':
      return new (await import('./s3-bucket.ts')).S3Bucket({ ...address, endpoint, region });
    case 'ssh':
      return new (await import('./sftp-bucket.ts')).SftpBucket(address);
    default:
      return unreachable(address);
  }
}
