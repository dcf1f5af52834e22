//! The manifests keep the rules of the house; each rule is shown to fail where it should.
//!
//! - A capability crate depends on `patronage-core` and on no sibling, for no kind of dependency.
//! - `patronage-testkit` is a dev-dependency by path without a version, so that crates can be published.
//! - One version of ndarray, of rand and of sprs, except behind the two doors: `patronage-linfa`,
//!   and the feature `sprs` of `patronage-core`.
//! - `patronage-segment` alone compiles fewer than 50 packages.
//! - Whatever is published says what it is, under which licence, and has a README.
//! - The facade has one optional dependency and one feature for each capability crate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand, PackageId};

const CORE: &str = "patronage-core";
const TESTKIT: &str = "patronage-testkit";
const FACADE: &str = "patronage";
/// The only places where blocks meet.
const COMPOSERS: [&str; 3] = [FACADE, "patronage-benches", "patronage-examples"];

/// Of these there is one version.
const SINGLE: [&str; 3] = ["ndarray", "rand", "sprs"];
/// Edges behind which older versions may stand.
const DOORS: [(&str, &str); 2] = [("patronage-linfa", "*"), (CORE, "sprs")];
/// A tool that only our own tests compile, which is behind by a version of rand.
const TEST_TOOLS: [(&str, &str); 1] = [("proptest", "rand")];

/// A package as far as the rules care.
#[derive(Clone, Debug, Default)]
struct Package {
    name: String,
    version: String,
    is_member: bool,
    is_published: bool,
    /// What a registry asks for and is missing.
    lacks: Vec<&'static str>,
    declared: Vec<Declared>,
    features: Vec<String>,
    /// Positions of the packages its dependencies resolve to, with every feature on.
    resolved: Vec<usize>,
}

/// A dependency as its manifest has it.
#[derive(Clone, Debug)]
struct Declared {
    name: String,
    kind: DependencyKind,
    requirement: String,
    is_optional: bool,
}

/// Arrows between crates that the map of the house does not have.
fn wrong_arrows(packages: &[Package]) -> Vec<String> {
    let members: BTreeSet<&str> =
        packages.iter().filter(|p| p.is_member).map(|p| p.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|p| p.is_member) {
        let from = package.name.as_str();
        for Declared { name: to, kind, .. } in &package.declared {
            let is_fine = !members.contains(to.as_str())
                || COMPOSERS.contains(&from)
                || (to == CORE && from != CORE)
                || (to == TESTKIT && *kind == DependencyKind::Development);
            if !is_fine {
                wrong.push(format!("{from} -> {to} ({kind})"));
            }
        }
    }
    wrong
}

/// Dependencies on the test kit that would keep a crate from being published.
fn wrong_testkit(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|p| p.is_member) {
        for Declared { name, kind, requirement, .. } in &package.declared {
            if name == TESTKIT && (*kind != DependencyKind::Development || requirement != "*") {
                let from = &package.name;
                wrong.push(format!("{from} -> {name} {requirement} ({kind})"));
            }
        }
        if package.name == TESTKIT && package.is_published {
            wrong.push(format!("{TESTKIT} is published"));
        }
    }
    wrong
}

/// Further versions of what there should be one of, reached without passing a door.
fn strays(packages: &[Package]) -> Vec<String> {
    let shut = |from: &str, to: &str| {
        let is_edge = |&&(a, b): &&(&str, &str)| a == from && (b == "*" || b == to);
        DOORS.iter().chain(&TEST_TOOLS).any(|edge| is_edge(&edge))
    };
    let mut seen = vec![false; packages.len()];
    let mut next: Vec<usize> = (0..packages.len()).filter(|&p| packages[p].is_member).collect();
    while let Some(position) = next.pop() {
        if std::mem::replace(&mut seen[position], true) {
            continue;
        }
        let from = &packages[position];
        // A member that is a door is reached by itself too; what it leads to stays behind it.
        let open = from.resolved.iter().filter(|&&to| !shut(&from.name, &packages[to].name));
        next.extend(open);
    }
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages.iter().zip(&seen).filter(|(_, seen)| **seen).map(|(p, _)| p) {
        if SINGLE.contains(&package.name.as_str()) {
            versions.entry(&package.name).or_default().insert(&package.version);
        }
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several.map(|(name, versions)| format!("{name} {versions:?}")).collect()
}

/// Published packages that a registry would not take.
fn unpublishable(packages: &[Package]) -> Vec<String> {
    let published = packages.iter().filter(|p| p.is_member && p.is_published);
    let lacking = published.filter(|p| !p.lacks.is_empty());
    lacking.map(|p| format!("{} lacks {:?}", p.name, p.lacks)).collect()
}

/// Capability crates that the facade does not offer, each behind a feature of its own.
fn not_in_facade(packages: &[Package]) -> Vec<String> {
    let Some(facade) = packages.iter().find(|p| p.name == FACADE) else {
        return vec!["no facade".to_owned()];
    };
    let is_offered = |package: &&Package| {
        let feature = package.name.trim_start_matches("patronage-");
        facade.features.iter().any(|f| f == feature)
            && facade.declared.iter().any(|d| d.name == package.name && d.is_optional)
    };
    let capability = |package: &&Package| {
        let name = package.name.as_str();
        package.is_member && ![CORE, TESTKIT].contains(&name) && !COMPOSERS.contains(&name)
    };
    let missing = packages.iter().filter(capability).filter(|p| !is_offered(p));
    missing.map(|p| p.name.clone()).collect()
}

/// The workspace as cargo sees it, with every feature on.
fn workspace() -> Vec<Package> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let about = Command::new(rustc).arg("-vV").output().unwrap().stdout;
    let about = String::from_utf8(about).unwrap();
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // For this platform alone, so that nothing is fetched that building did not fetch.
    let options = ["--all-features", "--locked", "--filter-platform", host];
    let options = options.map(str::to_owned).to_vec();
    let metadata =
        MetadataCommand::new().manifest_path(manifest).other_options(options).exec().unwrap();
    let members: BTreeSet<&PackageId> = metadata.workspace_members.iter().collect();
    let positions: BTreeMap<&PackageId, usize> =
        metadata.packages.iter().enumerate().map(|(position, p)| (&p.id, position)).collect();
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    let package = |p: &cargo_metadata::Package| {
        let readme = p.readme.as_ref().map(|readme| p.manifest_path.with_file_name(readme));
        let lacks = [
            ("a description", p.description.as_ref().is_none_or(String::is_empty)),
            ("a licence", p.license.as_deref() != Some("MIT OR Apache-2.0")),
            ("a README", !readme.is_some_and(|path| Path::new(path.as_str()).is_file())),
            ("keywords", p.keywords.is_empty()),
        ];
        Package {
            name: p.name.to_string(),
            version: p.version.to_string(),
            is_member: members.contains(&p.id),
            is_published: p.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            lacks: lacks.into_iter().filter(|(_, is_missing)| *is_missing).map(|l| l.0).collect(),
            declared: p
                .dependencies
                .iter()
                .map(|d| Declared {
                    name: d.name.clone(),
                    kind: d.kind,
                    requirement: d.req.to_string(),
                    is_optional: d.optional,
                })
                .collect(),
            features: p.features.keys().cloned().collect(),
            resolved: nodes[&p.id].deps.iter().map(|d| positions[&d.pkg]).collect(),
        }
    };
    metadata.packages.iter().map(package).collect()
}

#[test]
fn the_workspace_keeps_every_rule() {
    let packages = workspace();
    let members = packages.iter().filter(|p| p.is_member).count();
    assert!(members >= 12, "{members} members: cargo sees the workspace");
    let none: [String; 0] = [];
    assert_eq!(wrong_arrows(&packages), none);
    assert_eq!(wrong_testkit(&packages), none);
    assert_eq!(strays(&packages), none);
    assert_eq!(unpublishable(&packages), none);
    assert_eq!(not_in_facade(&packages), none);
    let old = packages.iter().filter(|p| p.name == "ndarray").count();
    assert_eq!(old, 2, "the doors are where the older version stands; if not, shut them");
}

#[test]
fn segmentation_alone_is_light() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--manifest-path", manifest, "-p", "patronage-segment"])
        .args(["-e", "normal,build", "--prefix", "none", "--format", "{p}"])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    // A package that stands in the tree again is marked with a star.
    let packages: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    assert!(packages.iter().any(|package| package.starts_with("ndarray v0.17")));
    assert!(packages.len() < 50, "{} packages: {packages:#?}", packages.len());
}

/// A workspace of core, the test kit, two capability crates and the facade, sound.
fn sound() -> Vec<Package> {
    let declared = |name: &str, kind, requirement: &str, is_optional| Declared {
        name: name.to_owned(),
        kind,
        requirement: requirement.to_owned(),
        is_optional,
    };
    let member = |name: &str, declared: Vec<Declared>, resolved: Vec<usize>| Package {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        is_member: true,
        is_published: name != TESTKIT,
        declared,
        resolved,
        ..Package::default()
    };
    let outside = |name: &str, version: &str, resolved| Package {
        name: name.to_owned(),
        version: version.to_owned(),
        resolved,
        ..Package::default()
    };
    let (normal, dev) = (DependencyKind::Normal, DependencyKind::Development);
    let testkit = || declared(TESTKIT, dev, "*", false);
    let core = || declared(CORE, normal, "^0.1.0", false);
    let mut facade = member(
        FACADE,
        vec![
            core(),
            declared("patronage-segment", normal, "^0.1.0", true),
            declared("patronage-linfa", normal, "^0.1.0", true),
        ],
        vec![0, 2, 3],
    );
    facade.features = vec!["segment".to_owned(), "linfa".to_owned()];
    vec![
        member(CORE, vec![testkit()], vec![1, 5, 7]),
        member(TESTKIT, vec![core()], vec![0]),
        member("patronage-segment", vec![core(), testkit()], vec![0, 1, 5, 9]),
        member("patronage-linfa", vec![core(), testkit()], vec![0, 1, 5, 8]),
        facade,
        outside("ndarray", "0.17.2", vec![]),
        outside("ndarray", "0.16.1", vec![]),
        outside("sprs", "0.11.2", vec![6]),
        outside("linfa", "0.8.1", vec![6, 7]),
        outside("proptest", "1.12.0", vec![10]),
        outside("rand", "0.9.2", vec![]),
        outside("rand", "0.10.3", vec![]),
    ]
}

#[test]
fn a_sound_workspace_breaks_no_rule() {
    let packages = sound();
    for rule in [wrong_arrows, wrong_testkit, strays, unpublishable, not_in_facade] {
        assert!(rule(&packages).is_empty(), "{:?}", rule(&packages));
    }
}

#[test]
fn an_arrow_between_capability_crates_is_found_whatever_its_kind() {
    for kind in [DependencyKind::Normal, DependencyKind::Build, DependencyKind::Development] {
        let mut packages = sound();
        let mut arrow = packages[2].declared[0].clone();
        arrow.name = "patronage-linfa".to_owned();
        arrow.kind = kind;
        packages[2].declared.push(arrow);
        assert_eq!(
            wrong_arrows(&packages),
            [format!("patronage-segment -> patronage-linfa ({kind})")]
        );
    }
}

#[test]
fn core_and_the_test_kit_know_no_capability() {
    for from in [0, 1] {
        let mut packages = sound();
        let mut arrow = packages[2].declared[0].clone();
        arrow.name = "patronage-segment".to_owned();
        packages[from].declared.push(arrow);
        assert_eq!(wrong_arrows(&packages).len(), 1);
    }
    let mut packages = sound();
    packages[2].declared[0].name = FACADE.to_owned();
    assert_eq!(wrong_arrows(&packages), ["patronage-segment -> patronage (normal)"]);
}

#[test]
fn a_test_kit_that_would_be_shipped_is_found() {
    let mut packages = sound();
    packages[2].declared[1].kind = DependencyKind::Normal;
    assert_eq!(wrong_testkit(&packages), ["patronage-segment -> patronage-testkit * (normal)"]);
    assert_eq!(wrong_arrows(&packages).len(), 1);
    let mut packages = sound();
    packages[2].declared[1].requirement = "^0.1.0".to_owned();
    assert_eq!(wrong_testkit(&packages), ["patronage-segment -> patronage-testkit ^0.1.0 (dev)"]);
    let mut packages = sound();
    packages[1].is_published = true;
    assert_eq!(wrong_testkit(&packages), ["patronage-testkit is published"]);
}

#[test]
fn a_second_version_outside_the_doors_is_found() {
    // Straight from a capability crate.
    let mut packages = sound();
    packages[2].resolved.push(6);
    assert_eq!(strays(&packages), [r#"ndarray {"0.16.1", "0.17.2"}"#]);
    // Through someone else's crate.
    let mut packages = sound();
    packages[2].resolved.push(8);
    assert_eq!(strays(&packages), [r#"ndarray {"0.16.1", "0.17.2"}"#]);
    // From core, but not through its feature.
    let mut packages = sound();
    packages[0].resolved.push(6);
    assert_eq!(strays(&packages).len(), 1);
    // rand, when proptest is not what brings it.
    let mut packages = sound();
    packages[2].resolved.extend([10, 11]);
    assert_eq!(strays(&packages), [r#"rand {"0.10.3", "0.9.2"}"#]);
}

#[test]
fn what_cannot_be_published_is_found() {
    let mut packages = sound();
    packages[1].lacks.push("a README");
    assert!(unpublishable(&packages).is_empty(), "the test kit is not published");
    packages[2].lacks.push("a README");
    assert_eq!(unpublishable(&packages), [r#"patronage-segment lacks ["a README"]"#]);
}

#[test]
fn a_crate_missing_from_the_facade_is_found() {
    let mut packages = sound();
    packages[4].features.pop();
    assert_eq!(not_in_facade(&packages), ["patronage-linfa"]);
    let mut packages = sound();
    packages[4].declared[1].is_optional = false;
    assert_eq!(not_in_facade(&packages), ["patronage-segment"]);
}
