/** What a project's own kinds import: `import { defineKind, StageError } from 'restage'`. */
export {
  type ArtifactType,
  type Checkpoint,
  type CheckpointStore,
  type CurvePoint,
  defineKind,
  type Highlight,
  type InputArtifact,
  type InputPort,
  type KindSpec,
  type OutputPort,
  type Progress,
  type RunStage,
  type SettingMistake,
  type StageContext,
  StageError,
} from './stage.ts';
