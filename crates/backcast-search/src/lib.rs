//! Many runs: specs, grids, sweeps, walk-forward.
