//! Why there is no advice, as help.

use backcast_lab::advise::{StoreError, what_if::WhatIfError};

use crate::failure::{Failure, nearest};

/// Spans that are listed where one was not found.
const LISTED: usize = 8;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::new(error.to_string())
    }
}

impl From<WhatIfError> for Failure {
    fn from(error: WhatIfError) -> Failure {
        let message = error.to_string();
        match error {
            WhatIfError::Child(error) => error.into(),
            WhatIfError::Failed { .. } => Failure::new(message),
            WhatIfError::NoSpans { .. } => Failure::could_not_measure(message).help(
                "spans of Backcast and of programs that use backcast-spans can be delayed; Python functions and compiled \
                 code of others cannot",
            ),
            WhatIfError::NoSuchSpan { name, known, .. } => {
                let near = nearest(&name, known.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        let slowest = known[..known.len().min(LISTED)].join(", ");
                        format!("the slowest are: {slowest}")
                    }
                };
                Failure::usage(message).help(help)
            }
            WhatIfError::Stats(_) => Failure::usage(message),
            _ => Failure::could_not_measure(message),
        }
    }
}
