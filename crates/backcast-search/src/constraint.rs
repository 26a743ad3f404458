//! `[sweep] where`: a condition over parameters alone, such as `fast < slow`.

use backcast_rules::{CompareOp, Definitions, Node, NodeId, Program, compile_expression};

use crate::{
    bind::OffsetMap,
    spec::{Expression, Spec, SpecError},
};

/// A compiled condition over the parameters of a spec.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    program: Program,
    root: NodeId,
}

impl Constraint {
    /// Compiles the condition.
    ///
    /// # Errors
    /// A mistake in the expression, or one that is no condition over parameters; with its place.
    pub(crate) fn new(spec: &Spec, expression: &Expression) -> Result<Constraint, SpecError> {
        let params = spec.param_names();
        let definitions = Definitions { params: &params, ..Definitions::default() };
        let mut map = OffsetMap::default();
        let text = map.text(expression);
        let (program, root) =
            compile_expression(&text, &definitions).map_err(|error| map.place(spec, error))?;
        let constraint = Constraint { program, root };
        if !constraint.is_condition(root) {
            let message = format!("`{}` is no condition over parameters", expression.text.trim());
            let help = "compare parameters and numbers: fast < slow and slow - fast >= 10";
            return Err(spec.sources.error(&expression.place, message, help));
        }
        Ok(constraint)
    }

    fn is_condition(&self, node: NodeId) -> bool {
        match self.program.node(node) {
            Node::Bool(_) => true,
            Node::And(a, b) | Node::Or(a, b) => self.is_condition(*a) && self.is_condition(*b),
            Node::Not(a) => self.is_condition(*a),
            Node::Compare(_, a, b) => self.is_scalar(*a) && self.is_scalar(*b),
            _ => false,
        }
    }

    fn is_scalar(&self, node: NodeId) -> bool {
        let zeros = vec![0.0; self.program.params().len()];
        self.program.scalar(node, &zeros).is_some()
    }

    /// Whether a set is tried. A comparison with an undefined number does not hold.
    pub(crate) fn holds(&self, values: &[f64]) -> bool {
        self.condition(self.root, values).unwrap_or(false)
    }

    /// Kleene logic, as everywhere in rules.
    fn condition(&self, node: NodeId, values: &[f64]) -> Option<bool> {
        match self.program.node(node) {
            Node::Bool(value) => Some(*value),
            Node::Not(a) => self.condition(*a, values).map(|a| !a),
            Node::And(a, b) => match (self.condition(*a, values), self.condition(*b, values)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Node::Or(a, b) => match (self.condition(*a, values), self.condition(*b, values)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Node::Compare(op, a, b) => {
                let (a, b) = (self.program.scalar(*a, values)?, self.program.scalar(*b, values)?);
                if a.is_nan() || b.is_nan() {
                    return None;
                }
                Some(match op {
                    CompareOp::Gt => a > b,
                    CompareOp::Ge => a >= b,
                    CompareOp::Lt => a < b,
                    CompareOp::Le => a <= b,
                    CompareOp::Eq => a == b,
                    CompareOp::Ne => a != b,
                })
            }
            _ => None,
        }
    }
}
