//! Values of parameters, checked against the indicators that use them.

use backcast_indicators::IndicatorError;

use crate::{
    error::EvalError,
    program::{Node, NodeId, Program},
};

impl Program {
    /// The values of an indicator's parameters, checked; empty for a node that is no indicator.
    ///
    /// # Errors
    /// The first value that the indicator cannot take, with the name of the parameter of the rules.
    pub fn indicator_params(&self, node: NodeId, params: &[f64]) -> Result<Vec<f64>, EvalError> {
        let Node::Indicator { spec, params: nodes, .. } = self.node(node) else {
            return Ok(Vec::new());
        };
        let values: Vec<f64> =
            nodes.iter().map(|id| self.scalar(*id, params).unwrap_or(f64::NAN)).collect();
        backcast_indicators::validate(spec, &values).map_err(|reason| {
            let wrong = match &reason {
                IndicatorError::NotWhole { param, .. }
                | IndicatorError::OutOfRange { param, .. } => {
                    spec.params.iter().position(|p| p.name == *param)
                }
                _ => None,
            };
            match wrong {
                Some(at) => EvalError::Parameter {
                    param: self.scalar_name(nodes[at]),
                    value: values[at],
                    reason,
                },
                None => EvalError::Indicator(reason),
            }
        })?;
        Ok(values)
    }

    /// Checks the values of all parameters against every indicator and stop that the rules use, without any data.
    ///
    /// # Errors
    /// The first parameter that does not fit.
    pub fn check(&self, params: &[f64]) -> Result<(), EvalError> {
        if params.len() != self.params().len() {
            return Err(EvalError::ParamCount {
                expected: self.params().len(),
                found: params.len(),
            });
        }
        for index in 0..self.nodes().len() {
            self.indicator_params(NodeId(index as u32), params)?;
        }
        crate::compile::check_fractions(self, params)
    }

    /// A scalar node as it was written, roughly.
    fn scalar_name(&self, id: NodeId) -> String {
        match self.node(id) {
            Node::Param(index) => self.params()[*index].clone(),
            Node::Const(x) => x.to_string(),
            _ => {
                let used = self.depends(id);
                let names = self.params().iter().enumerate().filter(|(i, _)| used >> i & 1 == 1);
                names.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" and ")
            }
        }
    }
}
