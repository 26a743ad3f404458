//! Values that every part of Backcast shares.
