//! The level of vector instructions: the best of this machine, or a lower one by `--isa` or `BACKCAST_ISA`.

use backcast_engine::lanes::Isa;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::failure::Failure;

/// The option of commands that compute.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct IsaOption {
    /// Vector instructions; if not given, the best of this machine. All give the same digest: this is how to check that
    #[arg(long, value_name = "LEVEL", value_parser = level())]
    isa: Option<Isa>,
}

fn level() -> impl TypedValueParser<Value = Isa> {
    let names = PossibleValuesParser::new(Isa::ALL.map(Isa::name));
    names.try_map(|name| Isa::from_name(&name).ok_or("no level of vector instructions"))
}

impl IsaOption {
    /// Makes everything that this process computes from now on use the level that was asked for; gives that level.
    pub(crate) fn apply(self) -> Result<Isa, Failure> {
        let isa = match self.isa {
            Some(isa) => within(isa, Isa::detect())?,
            None => of_environment()?,
        };
        Isa::limit(isa);
        Ok(isa)
    }
}

/// The level where no option names one.
pub(crate) fn of_environment() -> Result<Isa, Failure> {
    let Some(name) = std::env::var_os("BACKCAST_ISA") else { return Ok(Isa::detect()) };
    let name = name.to_string_lossy();
    let isa = Isa::from_name(&name).ok_or_else(|| {
        Failure::usage(format!("BACKCAST_ISA is `{name}`"))
            .help(format!("possible are: {}", Isa::ALL.map(Isa::name).join(", ")))
    })?;
    within(isa, Isa::detect())
}

/// The level that was asked for, unless it is above the best of the machine.
fn within(isa: Isa, best: Isa) -> Result<Isa, Failure> {
    if isa > best {
        return Err(Failure::new(format!("this machine has no {} instructions", isa.name()))
            .help(format!("the best it can do is {}", best.name())));
    }
    Ok(isa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_the_machine_does_not_have_is_refused() {
        assert_eq!(within(Isa::Avx2, Isa::Avx512).unwrap(), Isa::Avx2);
        assert_eq!(within(Isa::Avx2, Isa::Avx2).unwrap(), Isa::Avx2);
        let refused = within(Isa::Avx512, Isa::Avx2).unwrap_err();
        assert_eq!(refused.to_string(), "this machine has no avx512 instructions");
        assert_eq!(refused.exit_code(), Failure::FAILED);
    }
}
