package iamv1

import (
	"context"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/manage"
)

// folderService is FolderService: where service accounts live and hold their roles. A folder is neither changed nor deleted.
type folderService struct {
	resourcemanager.UnimplementedFolderServiceServer
	core
}

// Get answers with a folder.
func (s folderService) Get(ctx context.Context, req *resourcemanager.GetFolderRequest) (*resourcemanager.Folder, error) {
	f, err := s.desk.Folder(ctx, actor(ctx), req.GetFolderId())
	if err != nil {
		return nil, err
	}
	return wireFolder(f), nil
}

// inCloud refuses another cloud than the one that is there.
func inCloud(id string) error {
	if id != cloudID {
		return models.Missing("cloud")
	}
	return nil
}

// List pages over the folders by name.
func (s folderService) List(ctx context.Context, req *resourcemanager.ListFoldersRequest) (*resourcemanager.ListFoldersResponse, error) {
	name, err := nameFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	if err := inCloud(req.GetCloudId()); err != nil {
		return nil, err
	}
	of := []string{"folders", req.GetFilter()}
	after, rows, err := s.page(ctx, req, of...)
	if err != nil {
		return nil, err
	}
	found, err := s.desk.FoldersNamed(ctx, actor(ctx), name, after, rows)
	if err != nil {
		return nil, err
	}
	list := make([]*resourcemanager.Folder, len(found.Rows))
	for i, f := range found.Rows {
		list[i] = wireFolder(f)
	}
	list = cut(&found, list, models.Folder.Cursor)
	return &resourcemanager.ListFoldersResponse{Folders: list, NextPageToken: s.next(ctx, found.More, found.Next, of...)}, nil
}

// Create makes a folder.
func (s folderService) Create(ctx context.Context, req *resourcemanager.CreateFolderRequest) (*operation.Operation, error) {
	if err := inCloud(req.GetCloudId()); err != nil {
		return nil, err
	}
	by := answering(ctx, "Create folder", func(id string, folder any) (proto.Message, proto.Message) {
		f, _ := folder.(models.Folder)
		return &resourcemanager.CreateFolderMetadata{FolderId: id}, wireFolder(f)
	})
	_, err := s.desk.CreateFolder(ctx, by, manage.NewFolder{
		Name: req.GetName(), Description: req.GetDescription(), Labels: req.GetLabels(),
	})
	return s.done(ctx, by, manage.Confirmation{}, err)
}

// ListOperations pages over what the API changed of a folder, newest first.
func (s folderService) ListOperations(
	ctx context.Context, req *resourcemanager.ListFolderOperationsRequest,
) (*resourcemanager.ListFolderOperationsResponse, error) {
	if _, err := s.desk.Folder(ctx, actor(ctx), req.GetFolderId()); err != nil {
		return nil, err
	}
	found, next, err := s.operationsOf(ctx, req, req.GetFolderId())
	if err != nil {
		return nil, err
	}
	return &resourcemanager.ListFolderOperationsResponse{Operations: found, NextPageToken: next}, nil
}

// ListAccessBindings pages over the roles that service accounts hold in a folder.
func (s folderService) ListAccessBindings(
	ctx context.Context, req *access.ListAccessBindingsRequest,
) (*access.ListAccessBindingsResponse, error) {
	return s.bindings(ctx, req, "folder", s.desk.FolderBindings)
}

// SetAccessBindings leaves service accounts these roles in a folder, and no others. What people may do is their access, and
// is not touched.
func (s folderService) SetAccessBindings(ctx context.Context, req *access.SetAccessBindingsRequest) (*operation.Operation, error) {
	return s.setBindings(ctx, req, "folder", s.desk.BindInFolder)
}

// UpdateAccessBindings adds roles in a folder, and removes others, in the order of the request.
func (s folderService) UpdateAccessBindings(ctx context.Context, req *access.UpdateAccessBindingsRequest) (*operation.Operation, error) {
	return s.updateBindings(ctx, req, "folder", s.desk.BindInFolder)
}
