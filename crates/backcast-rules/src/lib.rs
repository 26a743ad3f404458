//! Rule expressions: text to typed programs to series.
