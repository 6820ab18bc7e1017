//! `DescribeInstances`, and what other calls tell of an instance.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::operation::describe_instances::builders::DescribeInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    Filter, Instance, InstanceAttributeName, InstanceStateName, InstanceType, InstanceTypeInfo, Reservation,
};
use serde_json::{Map, Value};

use super::convert::Print;
use super::session::Regional;
use super::single::Singles;
use super::walk::{Found, Listed, PAGE, Which, collect};
use super::{overlay, push};
use crate::config::Aws;
use crate::model::{AccountId, Location};
use crate::sources::aws::calls::{
    DESCRIBE_INSTANCE_ATTRIBUTE, DESCRIBE_INSTANCE_TYPES, DESCRIBE_INSTANCES,
    DESCRIBE_REPLACE_ROOT_VOLUME_TASKS, DESCRIBE_USER_DATA,
};
use crate::sources::aws::instance_storage;
use crate::sources::live::{Answer, Call, Page, Refusal, Trouble};
use crate::sources::{Overlay, Place};

/// How many instances to ask for where a full page is refused.
const SMALL_PAGE: i32 = 100;

/// How many instance types to ask for at once.
const TYPES: usize = 100;

/// How many tasks a page may hold.
const TASKS: i32 = 50;

/// What an entry asks of each instance for `instance_attributes`.
const ATTRIBUTES: &[InstanceAttributeName] = &[
    InstanceAttributeName::DisableApiTermination,
    InstanceAttributeName::DisableApiStop,
    InstanceAttributeName::InstanceInitiatedShutdownBehavior,
];

/// What is known of the instance stores of the types of a region, for as long as the run takes.
#[derive(Debug, Default)]
pub(super) struct Stores(Mutex<HashMap<(AccountId, Location), Types>>);

/// What the vendor tells of each type, by its name; nothing of a type that it does not know.
type Types = BTreeMap<String, Map<String, Value>>;

/// The instances of one region.
pub(super) struct Instances<'a> {
    at: &'a Regional,
    cloud: &'a Aws,
    stores: &'a Stores,
    /// What tasks tell, by instance.
    tasks: BTreeMap<String, Vec<Overlay>>,
    /// What the calls beside the list met. An instance is there whether or not they are answered.
    notes: Mutex<Vec<Trouble>>,
    singles: Singles,
    most: AtomicI32,
}

impl<'a> Instances<'a> {
    /// Makes them, with what tasks tell of them.
    pub(super) async fn new(at: &'a Regional, cloud: &'a Aws, stores: &'a Stores) -> Self {
        let mut instances = Self {
            at,
            cloud,
            stores,
            tasks: BTreeMap::new(),
            notes: Mutex::default(),
            singles: Singles::default(),
            most: AtomicI32::new(PAGE),
        };
        match instances.tasks().await {
            Ok(tasks) => {
                for task in tasks {
                    instances.tasks.entry(task.target.clone()).or_default().push(task);
                }
            }
            Err(refusal) => instances.note(&DESCRIBE_REPLACE_ROOT_VOLUME_TASKS, refusal),
        }
        instances
    }

    async fn tasks(&self) -> Result<Vec<Overlay>, Refusal> {
        let place = Place { envelope: Some("ReplaceRootVolumeTasks".to_owned()), ..Place::default() };
        let request = self.at.ec2.describe_replace_root_volume_tasks().max_results(TASKS);
        let (request, call) = (&request, &DESCRIBE_REPLACE_ROOT_VOLUME_TASKS);
        let tasks = collect(|token| async move {
            let send = || request.clone().set_next_token(token.clone()).send();
            let answer = self.at.ask(call, send).await?;
            Ok((answer.replace_root_volume_tasks.unwrap_or_default(), answer.next_token))
        });
        tasks.await?.iter().map(|task| overlay(task, &place)).collect()
    }

    fn note(&self, call: &'static Call, refusal: Refusal) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(Trouble::from(refusal).of(call).as_note());
    }

    /// Asks for a page, and for a small one where a full one is refused.
    async fn reservations(
        &self,
        request: &DescribeInstancesFluentBuilder,
        which: &Which,
    ) -> Result<DescribeInstancesOutput, Refusal> {
        loop {
            let most = self.most.load(Ordering::Relaxed);
            let send = || request.clone().set_max_results(which.most(most)).send();
            match self.at.ask(&DESCRIBE_INSTANCES, send).await {
                Err(refusal) if refusal.code == "InvalidParameterValue" && most > SMALL_PAGE => {
                    self.most.store(SMALL_PAGE, Ordering::Relaxed);
                }
                answer => return answer,
            }
        }
    }

    async fn page(&self, reservations: &[Reservation]) -> Result<Page, Refusal> {
        let mut page = Page::of("Reservations");
        reservations.iter().try_for_each(|reservation| push(&mut page, reservation))?;
        let types = self.types(reservations).await;
        for (id, instance) in instances(reservations) {
            let tasks = self.tasks.get(id).into_iter().flatten().cloned();
            tasks.for_each(|task| page.tell(task));
            if let Some(told) = type_name(instance).and_then(|name| types.get(name)) {
                page.tell(instance_storage(id, told));
            }
        }
        self.singles.ask(self.questions(reservations)).await.into_iter().for_each(|told| page.tell(told));
        Ok(page)
    }

    /// Returns what is known of the types of some instances, asking for those that are new.
    async fn types(&self, reservations: &[Reservation]) -> Types {
        let region = (self.at.session.account.clone(), self.at.location().clone());
        let wanted: BTreeSet<_> =
            instances(reservations).filter_map(|(_, instance)| type_name(instance)).collect();
        let mut known = self
            .stores
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&region)
            .cloned()
            .unwrap_or_default();
        let new: Vec<_> =
            wanted.iter().filter(|name| !known.contains_key(**name)).map(|name| (*name).to_owned()).collect();
        for names in new.chunks(TYPES) {
            match self.describe_types(names).await {
                Ok(told) => known.extend(told),
                Err(refusal) => self.note(&DESCRIBE_INSTANCE_TYPES, refusal),
            }
        }
        let mut stores = self.stores.0.lock().unwrap_or_else(PoisonError::into_inner);
        stores.entry(region).or_default().extend(known.clone());
        known
    }

    /// Asks through a filter: asked by name, one type that is no longer offered would refuse them all.
    async fn describe_types(&self, names: &[String]) -> Result<Types, Refusal> {
        let filter = Filter::builder().name("instance-type").set_values(Some(names.to_vec())).build();
        let request = self.at.ec2.describe_instance_types().filters(filter);
        let request = &request;
        let told = collect(|token| async move {
            let send = || request.clone().set_next_token(token.clone()).send();
            let answer = self.at.ask(&DESCRIBE_INSTANCE_TYPES, send).await?;
            Ok((answer.instance_types.unwrap_or_default(), answer.next_token))
        });
        let mut types: Types = names.iter().map(|name| (name.clone(), Map::new())).collect();
        types.extend(told.await?.iter().filter_map(storage));
        Ok(types)
    }

    /// Returns the questions that the entry asks of each instance; one that ends or ended answers none.
    fn questions<'s>(
        &'s self,
        reservations: &'s [Reservation],
    ) -> Vec<(&'static Call, impl Future<Output = Result<Overlay, Refusal>> + Send + 's)> {
        let settings = ATTRIBUTES.iter().filter(|_| self.cloud.instance_attributes);
        let settings = settings.map(|name| (&DESCRIBE_INSTANCE_ATTRIBUTE, name));
        let user_data =
            self.cloud.user_data.then_some((&DESCRIBE_USER_DATA, &InstanceAttributeName::UserData));
        let attributes: Vec<_> = settings.chain(user_data).collect();
        instances(reservations)
            .filter(|(_, instance)| !is_ending(instance))
            .flat_map(|(id, _)| {
                attributes.iter().map(move |(call, name)| (*call, self.attribute(call, id, name)))
            })
            .collect()
    }

    async fn attribute(
        &self,
        call: &'static Call,
        id: &str,
        name: &InstanceAttributeName,
    ) -> Result<Overlay, Refusal> {
        let request = self.at.ec2.describe_instance_attribute().instance_id(id).attribute(name.clone());
        overlay(&self.at.ask(call, || request.clone().send()).await?, &Place::default())
    }
}

#[async_trait]
impl Listed for Instances<'_> {
    async fn ask(&self, which: Which) -> Result<Found, Refusal> {
        let request = self.at.ec2.describe_instances().include_managed_resources(true);
        let request = request
            .set_instance_ids(which.ids())
            .set_filters(which.filters("instance-id"))
            .set_next_token(which.token.clone());
        let answer = self.reservations(&request, &which).await?;
        let reservations = answer.reservations.unwrap_or_default();
        let page = self.page(&reservations).await?;
        let there = instances(&reservations).filter(|(_, instance)| !is_terminated(instance));
        let there = there.map(|(id, _)| id.to_owned()).collect();
        Ok(Found { there, answer: Answer { page, next: answer.next_token, ..Answer::default() } })
    }

    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = self.singles.troubles();
        troubles.extend(self.notes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        troubles
    }
}

fn instances(reservations: &[Reservation]) -> impl Iterator<Item = (&str, &Instance)> {
    let nested = reservations.iter().filter_map(|reservation| reservation.instances.as_deref()).flatten();
    nested.filter_map(|instance| Some((instance.instance_id.as_deref()?, instance)))
}

fn type_name(instance: &Instance) -> Option<&str> {
    instance.instance_type.as_ref().map(InstanceType::as_str)
}

fn state(instance: &Instance) -> Option<&InstanceStateName> {
    instance.state.as_ref()?.name.as_ref()
}

fn is_terminated(instance: &Instance) -> bool {
    state(instance) == Some(&InstanceStateName::Terminated)
}

fn is_ending(instance: &Instance) -> bool {
    is_terminated(instance) || state(instance) == Some(&InstanceStateName::ShuttingDown)
}

/// Returns the name of a type, and what is told of its instance store.
fn storage(told: &InstanceTypeInfo) -> Option<(String, Map<String, Value>)> {
    let members = [
        ("InstanceStorageSupported", told.instance_storage_supported.print()),
        ("InstanceStorageInfo", told.instance_storage_info.print()),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Some((told.instance_type.as_ref()?.as_str().to_owned(), members.collect()))
}
