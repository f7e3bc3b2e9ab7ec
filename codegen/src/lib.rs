//! Emitters of argsz: one module per thing emitted, one writer.
