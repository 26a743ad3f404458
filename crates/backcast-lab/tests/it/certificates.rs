//! Certificates: what is issued, what is refused, and that each statement can be computed again.

use backcast_lab::{
    bench::{Plan, Session},
    certify::{
        Certificate, Claim, RecordedCase, Refusal, Requirements, Side,
        equality::{Allowance, Case, Divergence, Equality, Evidence, Finding, Oracle},
    },
    child::{Exit, Subject},
};

use crate::bench::{Simulated, compared, plan};

/// A session under the conditions of certificates.
fn session(runner: &mut Simulated) -> Session {
    let criteria = Requirements::default().criteria;
    compared(runner, &Plan { criteria, ..plan(20) })
}

fn evidence(equality: Equality) -> Evidence {
    let finding =
        Finding { case: "grid".into(), before: "aa".into(), after: "aa".into(), equality };
    Evidence { oracle: Oracle::Digest { allowance: Allowance::Bits }, findings: vec![finding] }
}

fn claim(session: Session, equality: Equality) -> Claim {
    let [old, new] = ["old", "new"].map(|word| Subject::new([word]));
    let case = Case { name: "grid".into(), before: old, after: new };
    let side = |command: &backcast_lab::bench::RecordedCommand| Side {
        name: command.name.clone(),
        command: command.clone(),
        dir: String::new(),
        processors: Vec::new(),
        inputs: Vec::new(),
        revision: None,
    };
    let base = session.base.as_ref().expect("the session compares");
    Claim {
        sides: [side(&base.command), side(&session.candidate.command)],
        requirements: Requirements::default(),
        cases: vec![RecordedCase::of(&case)],
        made_up: Vec::new(),
        evidence: evidence(equality),
        session,
    }
}

/// A certificate for a session in which no result moved, or what is against it.
pub(crate) fn issued(session: Session) -> Result<Certificate, Vec<Refusal>> {
    issue(session, Equality::Identical)
}

fn issue(session: Session, equality: Equality) -> Result<Certificate, Vec<Refusal>> {
    Certificate::issue(claim(session, equality), "2026-11-21T10:00:00Z".into())
}

#[test]
fn a_gain_of_eight_percent_is_certified_with_its_interval() {
    let certificate = issue(session(&mut Simulated::new(100.0, 92.0, 3)), Equality::Identical);
    let certificate = certificate.unwrap();
    assert!(certificate.gain.low > 0.07 && certificate.gain.high < 0.09, "{:?}", certificate.gain);
    assert!(certificate.gain.contains(0.08));
    assert_eq!(certificate.faults().unwrap(), []);
}

#[test]
fn a_certificate_survives_its_file_to_the_bit() {
    let issued = issue(session(&mut Simulated::new(100.0, 80.0, 5)), Equality::Identical).unwrap();
    let read = Certificate::from_json(&issued.to_json(), "it").unwrap();
    assert_eq!(read, issued);
    assert_eq!(read.faults().unwrap(), []);
}

#[test]
fn no_difference_a_loss_and_a_gain_below_the_effect_are_refused() {
    let refusal = |before, after| {
        let refusals = issue(session(&mut Simulated::new(before, after, 7)), Equality::Identical);
        refusals.unwrap_err().remove(0)
    };
    assert!(matches!(refusal(100.0, 100.0), Refusal::NotFaster { ratio: Some(_), .. }));
    assert!(matches!(refusal(100.0, 110.0), Refusal::Slower { .. }));
    assert!(matches!(refusal(100.0, 99.2), Refusal::NotFaster { .. }));
}

#[test]
fn a_result_that_moved_is_refused_whatever_the_gain() {
    let divergence = Divergence {
        place: "fills, row 7 (pool AAPL), price".into(),
        before: "23.83".into(),
        after: "23.830000000000002".into(),
    };
    let refusals =
        issue(session(&mut Simulated::new(100.0, 50.0, 9)), Equality::Different(divergence));
    let refusals = refusals.unwrap_err();
    assert_eq!(
        refusals[0].to_string(),
        "a result moved in grid: fills, row 7 (pool AAPL), price is 23.830000000000002, was 23.83"
    );
    assert!(!refusals[0].is_no_measurement());
}

#[test]
fn memory_may_grow_by_a_mebibyte_and_no_more() {
    let with_peak = |bytes| {
        let mut runner = Simulated::new(100.0, 80.0, 11);
        runner.candidate_peak = bytes;
        issue(session(&mut runner), Equality::Identical)
    };
    assert!(with_peak(10 << 20).is_ok());
    let refusals = with_peak((10 << 20) + 1).unwrap_err();
    assert!(matches!(refusals[..], [Refusal::MemoryGrew(_)]), "{refusals:?}");
    // Nor may all processes together, where each is no larger.
    let with_tree = |bytes| {
        let mut session = session(&mut Simulated::new(100.0, 80.0, 11));
        for run in &mut session.candidate.runs {
            run.sample.tree_peak_bytes = Some(bytes);
        }
        issue(session, Equality::Identical)
    };
    assert!(with_tree(10 << 20).is_ok());
    assert!(matches!(with_tree(20 << 20).unwrap_err()[..], [Refusal::MemoryGrew(_)]));
}

#[test]
fn a_session_that_was_stopped_is_no_measurement() {
    let mut stopped = session(&mut Simulated::new(100.0, 80.0, 13));
    stopped.stopped = true;
    let refusals = issue(stopped, Equality::Identical).unwrap_err();
    assert!(refusals.iter().all(Refusal::is_no_measurement), "{refusals:?}");
}

#[test]
fn whatever_is_changed_in_a_certificate_is_found() {
    let issued = issue(session(&mut Simulated::new(100.0, 92.0, 17)), Equality::Identical).unwrap();
    let places = |change: &dyn Fn(&mut Certificate)| {
        let mut changed = issued.clone();
        change(&mut changed);
        let faults = changed.faults().unwrap();
        faults.into_iter().map(|fault| fault.place).collect::<Vec<_>>()
    };
    assert_eq!(places(&|it| it.issued_at.push('0')), ["id"]);
    assert!(places(&|it| it.gain.estimate += 1e-12).contains(&"gain".to_owned()));
    assert!(places(&|it| it.memory.after -= 1).contains(&"memory".to_owned()));
    let samples = |it: &mut Certificate| it.session.candidate.runs[3].sample.wall_ns -= 1_000_000;
    assert!(places(&samples).contains(&"session.comparison".to_owned()));
    let finding = |it: &mut Certificate| it.evidence.findings.clear();
    assert!(places(&finding).contains(&"conditions".to_owned()));
    let effect = |it: &mut Certificate| it.requirements.criteria.minimum_effect = 0.2;
    assert!(places(&effect).contains(&"conditions".to_owned()));
    let failed = |it: &mut Certificate| it.session.candidate.runs[3].sample.exit = Exit::Code(1);
    assert!(places(&failed).contains(&"session.runs".to_owned()));
}

#[test]
fn a_forger_who_computes_all_the_rest_anew_is_found_by_what_does_not_fit_together() {
    let places = |claim: Claim| {
        let forged = Certificate::issue(claim, "2026-11-21T10:00:00Z".into()).unwrap();
        forged.faults().unwrap().into_iter().map(|fault| fault.place).collect::<Vec<_>>()
    };
    let sound = || claim(session(&mut Simulated::new(100.0, 92.0, 17)), Equality::Identical);
    assert_eq!(places(sound()), [""; 0]);
    // The block that was bad for the candidate goes, and all statements are those of the rest.
    let mut shortened = sound();
    let criteria = shortened.requirements.criteria;
    for record in [shortened.session.base.as_mut(), Some(&mut shortened.session.candidate)] {
        record.unwrap().runs.retain(|run| run.block != 4);
    }
    shortened.session = shortened.session.judged(&criteria).unwrap();
    assert_eq!(places(shortened), ["session.runs", "session.runs"]);
    let mut moved = sound();
    moved.evidence.findings[0].after = "bb".into();
    assert_eq!(places(moved), ["evidence"]);
    let within = |ulps, allowance| {
        let mut claim = sound();
        claim.evidence.oracle = Oracle::Digest { allowance };
        claim.evidence.findings[0].equality = Equality::WithinUlps { ulps };
        places(claim)
    };
    assert_eq!(within(3, Allowance::Ulps(4)), [""; 0]);
    assert_eq!(within(5, Allowance::Ulps(4)), ["evidence"]);
    assert_eq!(within(1, Allowance::Bits), ["evidence"]);
}

#[test]
fn a_file_of_a_newer_version_is_not_read() {
    let issued = issue(session(&mut Simulated::new(100.0, 92.0, 19)), Equality::Identical).unwrap();
    let newer = issued.to_json().replace(r#""version":2,"id""#, r#""version":9,"id""#);
    let message = Certificate::from_json(&newer, "cert.json").unwrap_err().to_string();
    assert!(message.contains("cert.json is of version 9"), "{message}");
}
