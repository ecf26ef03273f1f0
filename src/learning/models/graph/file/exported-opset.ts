/**
 * The version of ONNX's operators in exported files, and in the graphs that models of tfjs become:
 * ONNX 1.13 writes it.
 */
export const exportedOpset = 18;
